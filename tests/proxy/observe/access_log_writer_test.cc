// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/access_log_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "proxy/base/unique_fd.h"

namespace outrigger::observe {
namespace {

using std::chrono::milliseconds;

class AccessLogWriterTest : public ::testing::Test {
 protected:
  AccessLogWriterTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "access_log_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~AccessLogWriterTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(absl::string_view name) { return absl::StrCat(folder_, "/", name); }
  static std::string Read(const std::string& path) {
    std::stringstream content;
    content << std::ifstream(path).rdbuf();
    return content.str();
  }
  static bool WaitFor(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::string folder_;
  AccessLogOptions quick_{.gather_time = milliseconds(1)};
};

// Fills a pipe that nobody reads.
void Fill(int fd) {
  const std::array<char, 4096> block{};
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  while (::write(fd, block.data(), block.size()) > 0) {
  }
  ::fcntl(fd, F_SETFL, 0);
}

TEST_F(AccessLogWriterTest, WritesWithoutBeingStopped) {
  AccessLogWriter writer(quick_);
  ASSERT_TRUE(writer.Open(Path("a")).ok());

  EXPECT_TRUE(writer.Write(Path("a"), "one\n"));
  EXPECT_TRUE(writer.Write(Path("a"), "two\n"));

  EXPECT_TRUE(WaitFor([&] { return Read(Path("a")) == "one\ntwo\n"; }));
}

TEST_F(AccessLogWriterTest, AppendsAndWritesTheRestAtStop) {
  std::ofstream(Path("a")) << "before\n";
  // Nothing would be written in time without Stop.
  AccessLogWriter writer({.gather_time = std::chrono::hours(1)});
  ASSERT_TRUE(writer.Open(Path("a")).ok());
  ASSERT_TRUE(writer.Open(Path("b")).ok());
  ASSERT_TRUE(writer.Open(Path("a")).ok());
  writer.Write(Path("a"), "one\n");
  writer.Write(Path("b"), "two\n");

  writer.Stop(milliseconds(5000));

  EXPECT_EQ(Read(Path("a")), "before\none\n");
  EXPECT_EQ(Read(Path("b")), "two\n");
  EXPECT_FALSE(writer.Write(Path("a"), "late\n"));
  EXPECT_EQ(writer.lost_lines(), 0U);
}

TEST_F(AccessLogWriterTest, KeepsLinesOfManyWorkersWholeAndInOrder) {
  constexpr int kWorkers = 4;
  constexpr int kLines = 2000;
  AccessLogWriter writer(
      {.queued_bytes_max = 1 << 24, .queued_lines_max = 1 << 20, .gather_time = milliseconds(1)});
  ASSERT_TRUE(writer.Open(Path("a")).ok());
  std::vector<std::thread> workers;
  for (int worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&, worker] {
      for (int i = 0; i < kLines; ++i) {
        EXPECT_TRUE(writer.Write(Path("a"), absl::StrCat(worker, " ", i, "\n")));
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  writer.Stop(milliseconds(5000));

  std::array<int, kWorkers> next{};
  for (const absl::string_view line : absl::StrSplit(Read(Path("a")), '\n', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(line, ' ');
    ASSERT_EQ(parts.size(), 2U) << line;
    EXPECT_EQ(std::stoi(parts[1]), next[static_cast<size_t>(std::stoi(parts[0]))]++);
  }
  EXPECT_EQ(next, (std::array<int, kWorkers>{kLines, kLines, kLines, kLines}));
}

TEST_F(AccessLogWriterTest, DropsWhenTheQueueIsFull) {
  AccessLogWriter bytes({.queued_bytes_max = 10, .gather_time = std::chrono::hours(1)});
  AccessLogWriter lines({.queued_lines_max = 2, .gather_time = std::chrono::hours(1)});
  ASSERT_TRUE(bytes.Open(Path("bytes")).ok());
  ASSERT_TRUE(lines.Open(Path("lines")).ok());

  EXPECT_FALSE(bytes.Write(Path("bytes"), "longer than ten\n"));
  EXPECT_TRUE(bytes.Write(Path("bytes"), "1234567\n"));
  EXPECT_FALSE(bytes.Write(Path("bytes"), "12\n"));
  EXPECT_TRUE(bytes.Write(Path("bytes"), "1\n"));
  for (const bool taken : {true, true, false}) {
    EXPECT_EQ(lines.Write(Path("lines"), "x\n"), taken);
  }
  EXPECT_FALSE(lines.Write(Path("nowhere"), "x\n"));

  bytes.Stop(milliseconds(5000));
  EXPECT_EQ(Read(Path("bytes")), "1234567\n1\n");
}

TEST_F(AccessLogWriterTest, ReopensAfterARotation) {
  AccessLogWriter writer(quick_);
  ASSERT_TRUE(writer.Open(Path("a")).ok());
  writer.Write(Path("a"), "old\n");
  ASSERT_TRUE(WaitFor([&] { return Read(Path("a")) == "old\n"; }));
  std::filesystem::rename(Path("a"), Path("a.1"));

  writer.Reopen();
  ASSERT_TRUE(WaitFor([&] { return std::filesystem::exists(Path("a")); }));
  writer.Write(Path("a"), "new\n");

  EXPECT_TRUE(WaitFor([&] { return Read(Path("a")) == "new\n"; }));
  EXPECT_EQ(Read(Path("a.1")), "old\n");
}

TEST_F(AccessLogWriterTest, GoesOnInTheOldFileIfTheNewOneCannotBeOpened) {
  std::filesystem::create_directory(Path("d"));
  AccessLogWriter writer(quick_);
  ASSERT_TRUE(writer.Open(Path("d/a")).ok());
  std::filesystem::rename(Path("d"), Path("moved"));

  writer.Reopen();
  writer.Write(Path("d/a"), "still\n");
  writer.Stop(milliseconds(5000));

  EXPECT_EQ(Read(Path("moved/a")), "still\n");
}

TEST_F(AccessLogWriterTest, NamesAPathThatCannotBeOpened) {
  AccessLogWriter writer;

  const absl::Status missing = writer.Open(Path("none/a"));
  const absl::Status folder = writer.Open(folder_);

  EXPECT_TRUE(absl::StrContains(missing.message(), Path("none/a"))) << missing;
  EXPECT_TRUE(absl::StrContains(missing.message(), "create its folder")) << missing;
  EXPECT_FALSE(folder.ok());
  EXPECT_FALSE(writer.Write(folder_, "x\n"));
}

TEST_F(AccessLogWriterTest, NeverWaitsForAReaderThatHasStopped) {
  ASSERT_EQ(::mkfifo(Path("fifo").c_str(), 0600), 0);
  EXPECT_FALSE(AccessLogWriter().Open(Path("fifo")).ok()) << "nobody reads it yet";
  const UniqueFd reader(::open(Path("fifo").c_str(), O_RDONLY | O_NONBLOCK));
  AccessLogWriter writer({.queued_bytes_max = 4096, .gather_time = milliseconds(1)});
  ASSERT_TRUE(writer.Open(Path("fifo")).ok());
  ASSERT_TRUE(writer.Open(Path("file")).ok());
  Fill(UniqueFd(::open(Path("fifo").c_str(), O_WRONLY)).get());

  // The queue fills up behind the blocked pipe, and lines are dropped rather than waited for.
  EXPECT_TRUE(WaitFor([&] { return !writer.Write(Path("fifo"), "stuck\n"); }));
  writer.Write(Path("file"), "flows\n");
  EXPECT_TRUE(WaitFor([&] { return Read(Path("file")) == "flows\n"; }));
  const auto start = std::chrono::steady_clock::now();
  writer.Stop(milliseconds(30));

  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2000));
  EXPECT_GT(writer.lost_lines(), 0U);
}

TEST_F(AccessLogWriterTest, LosesAndCountsWhatTheDiskRefuses) {
  AccessLogWriter writer(quick_);
  ASSERT_TRUE(writer.Open("/dev/full").ok());

  writer.Write("/dev/full", "one\n");

  EXPECT_TRUE(WaitFor([&] { return writer.lost_lines() == 1; }));
}

TEST_F(AccessLogWriterTest, SurvivesAReaderThatHasGone) {
  ASSERT_EQ(::mkfifo(Path("fifo").c_str(), 0600), 0);
  UniqueFd reader(::open(Path("fifo").c_str(), O_RDONLY | O_NONBLOCK));
  AccessLogWriter writer(quick_);
  ASSERT_TRUE(writer.Open(Path("fifo")).ok());
  reader.Reset();

  writer.Write(Path("fifo"), "one\n");

  EXPECT_TRUE(WaitFor([&] { return writer.lost_lines() == 1; }));
}

TEST_F(AccessLogWriterTest, WritesToACopyOfStandardOutput) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd pipe_in(ends[1]);
  const UniqueFd saved(::dup(STDOUT_FILENO));
  ASSERT_GE(::dup2(pipe_in.get(), STDOUT_FILENO), 0);
  AccessLogWriter writer(quick_);
  const absl::Status opened = writer.Open("/dev/stdout");
  // From here on it is a copy that counts.
  ::dup2(saved.get(), STDOUT_FILENO);
  pipe_in.Reset();
  ASSERT_TRUE(opened.ok()) << opened;
  std::string lines;
  for (int i = 0; i < 1000; ++i) {
    const std::string line = absl::StrCat("line ", i, "\n");
    lines += line;
    ASSERT_TRUE(writer.Write("/dev/stdout", line));
  }

  std::string received;
  std::array<char, 4096> buffer{};
  while (received.size() < lines.size()) {
    const ssize_t got = ::read(reader.get(), buffer.data(), buffer.size());
    ASSERT_GT(got, 0);
    received.append(buffer.data(), static_cast<size_t>(got));
  }

  EXPECT_EQ(received, lines);
}

}  // namespace
}  // namespace outrigger::observe
