// SPDX-License-Identifier: Apache-2.0
//
// Calls a fuzz target once for each file of the folders and files named on the command line. It
// stands in for libFuzzer in builds without it, so that every corpus is a test of every compiler
// and sanitizer.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

int Replay(const std::vector<std::filesystem::path>& roots) {
  std::vector<std::filesystem::path> files;
  for (const std::filesystem::path& root : roots) {
    if (!std::filesystem::is_directory(root)) {
      files.push_back(root);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  for (const std::filesystem::path& file : files) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
      std::fprintf(stderr, "%s cannot be read\n", file.c_str());
      return 1;
    }
    const std::string content{std::istreambuf_iterator<char>(stream), {}};
    // The name comes first: a crash in the target would otherwise not say which input it was.
    std::fprintf(stderr, "%s, %zu bytes\n", file.c_str(), content.size());
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(content.data()), content.size());
  }
  std::fprintf(stderr, "%zu inputs replayed\n", files.size());
  return files.empty() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Replay({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
