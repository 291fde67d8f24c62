// SPDX-License-Identifier: Apache-2.0
//
// Files that cannot be read at all: one sentence, and soon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/match.h"

#include "proxy/base/check.h"
#include "tests/xds/load_text.h"
#include "xds/yaml_reader.h"

namespace outrigger::xds {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// A folder of its own for each test, gone afterwards.
class UnreadableFileTest : public testing::Test {
 protected:
  UnreadableFileTest() { CHECK(::mkdtemp(folder_.data()) != nullptr, folder_); }
  ~UnreadableFileTest() override {
    ::unlink(file().c_str());
    ::rmdir(folder_.c_str());
  }

  std::string file() const { return folder_ + "/f.yaml"; }

  // Loads the file and returns its error, which has to come within two seconds.
  std::string Error() const {
    const auto start = std::chrono::steady_clock::now();
    const auto loaded = LoadBootstrapFile(file());
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
    EXPECT_FALSE(loaded.ok());
    return std::string(loaded.status().message());
  }

  std::string ErrorOf(absl::string_view text) const {
    std::ofstream(file()) << text;
    return Error();
  }

 private:
  std::string folder_ = testing::TempDir() + "/outrigger-config-XXXXXX";
};

TEST_F(UnreadableFileTest, Missing) { EXPECT_EQ(Error(), file() + ": No such file or directory"); }

TEST_F(UnreadableFileTest, Directory) {
  const auto loaded = LoadBootstrapFile("/tmp");
  EXPECT_EQ(loaded.status().message(), "/tmp: is a directory: expected a YAML or JSON file");
}

TEST_F(UnreadableFileTest, Empty) {
  for (const char* text : {"", "\n\n", "# nothing but a comment\n", "---\n", "~\n"}) {
    EXPECT_EQ(ErrorOf(text), file() + ": is empty: expected an Envoy bootstrap") << text;
  }
}

TEST_F(UnreadableFileTest, FifoThatNobodyWritesTo) {
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);

  EXPECT_EQ(Error(), file() + ": is empty: expected an Envoy bootstrap");
}

TEST_F(UnreadableFileTest, NotYaml) {
  EXPECT_EQ(ErrorOf("node: [\n"), file() + ":2: not YAML: end of sequence flow not found");
  EXPECT_EQ(ErrorOf("node: {id: 1\nadmin: ]"), file() + ":2: not YAML: end of map flow not found");
  EXPECT_THAT(ErrorOf("node: *nowhere\n"), HasSubstr(":1: not YAML: "));
}

TEST_F(UnreadableFileTest, NoMapping) {
  EXPECT_EQ(ErrorOf("hello"), file() + ":1: \"hello\": expected a mapping of fields");
  EXPECT_EQ(ErrorOf("- a\n- b\n"), file() + ":1: \"a list\": expected a mapping of fields");
}

TEST_F(UnreadableFileTest, NotText) {
  EXPECT_EQ(ErrorOf("node:\n  id: \xFF\n"), file() + ":2: not YAML: expected UTF-8 text");
  EXPECT_EQ(ErrorOf(absl::string_view("node: \0", 7)),
            file() + ":1: not YAML: expected UTF-8 text");
}

TEST_F(UnreadableFileTest, TwoDocuments) {
  EXPECT_EQ(ErrorOf("node: {}\n---\nnode: {}\n"),
            file() + ":2: expected one YAML document, but a second begins here");
}

TEST_F(UnreadableFileTest, HundredMegabytes) {
  std::ofstream(file()) << "node: {}\n";
  ASSERT_EQ(::truncate(file().c_str(), off_t{100} * 1024 * 1024), 0);

  EXPECT_EQ(Error(), file() + ": is 104857600 bytes long: expected at most 8388608 bytes");
}

// `times` times `what`.
std::string Repeat(absl::string_view what, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) absl::StrAppend(&text, what);
  return text;
}

TEST_F(UnreadableFileTest, NestedTenThousandDeep) {
  constexpr int kDepth = 10'000;
  for (const std::string& text :
       {Repeat("[", kDepth) + Repeat("]", kDepth), Repeat("{a: ", kDepth) + Repeat("}", kDepth),
        Repeat("- ", kDepth)}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("expected at most 100 levels of nesting"))
        << text.substr(0, 8);
  }
}

TEST_F(UnreadableFileTest, OpenedTenThousandTimesAndNeverClosed) {
  for (const char* bracket : {"[", "{a: "}) {
    EXPECT_EQ(ErrorOf(Repeat(bracket, 10'000)),
              file() + ":1: expected a plain key, or a bracket is not closed");
  }
}

TEST_F(UnreadableFileTest, DuplicateKey) {
  EXPECT_EQ(ErrorOf("node:\n  id: a\n  cluster: b\n  id: c\n"),
            file() + ":4: node.id: the key is given twice, first in line 2");
}

TEST_F(UnreadableFileTest, ExplodingAnchors) {
  std::string text = "node:\n  metadata:\n    a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 30; ++i) {
    absl::StrAppend(&text, "    a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&text, j == 0 ? "" : ", ", "*a", i - 1);
    text += "]\n";
  }

  EXPECT_EQ(
      ErrorOf(text),
      file() +
          ":8: node.metadata.a5[7]: expected at most 1000000 values in the file, aliases expanded");
}

TEST_F(UnreadableFileTest, AnchorsThatAddUpToDeepNesting) {
  std::string text = "node:\n  metadata:\n    a0: &a0 [1]\n";
  for (int i = 1; i < 200; ++i) absl::StrAppend(&text, "    a", i, ": &a", i, " [*a", i - 1, "]\n");

  EXPECT_THAT(ErrorOf(text), HasSubstr("expected at most 100 levels of nesting"));
}

TEST_F(UnreadableFileTest, AnchorInItself) {
  EXPECT_EQ(ErrorOf("node: &n\n  metadata: *n\n"),
            file() + ":2: node.metadata: an alias of a key, or of what it stands in itself");
}

TEST_F(UnreadableFileTest, MadeOfBracketsAndCommas) {
  EXPECT_EQ(ErrorOf(Repeat("[{", 4'000'000)),
            file() + ": has 8000000 brackets, commas and colons: expected at most 1000000");
  EXPECT_EQ(ErrorOf("a: [" + Repeat("1,", 3'000'000)),
            file() + ": has 3000002 brackets, commas and colons: expected at most 1000000");
}

}  // namespace
}  // namespace outrigger::xds
