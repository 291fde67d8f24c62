// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/utf8.h"

#include <cstdint>

namespace outrigger::observe {
namespace {

// What may follow a first byte: how many bytes, and the range of the first of them (the others are
// 0x80 to 0xBF).
struct Form {
  size_t length = 0;
  uint8_t second_min = 0x80;
  uint8_t second_max = 0xBF;
};

Form FormOf(uint8_t first) {
  if (first < 0x80) return {.length = 1};
  if (first < 0xC2) return {};
  if (first < 0xE0) return {.length = 2};
  if (first == 0xE0) return {.length = 3, .second_min = 0xA0};
  if (first == 0xED) return {.length = 3, .second_max = 0x9F};
  if (first < 0xF0) return {.length = 3};
  if (first == 0xF0) return {.length = 4, .second_min = 0x90};
  if (first < 0xF4) return {.length = 4};
  if (first == 0xF4) return {.length = 4, .second_max = 0x8F};
  return {};
}

}  // namespace

size_t Utf8CharacterLength(absl::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const Form form = FormOf(byte(0));
  if (form.length == 0 || text.size() < form.length) return 0;
  if (form.length > 1 && (byte(1) < form.second_min || byte(1) > form.second_max)) return 0;
  for (size_t i = 2; i < form.length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return form.length;
}

std::string ReplaceInvalidUtf8(absl::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const size_t length = Utf8CharacterLength(text);
    if (length == 0) {
      valid += "\xEF\xBF\xBD";
    } else {
      valid.append(text.data(), length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return valid;
}

absl::string_view CutUtf8(absl::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  // A character is at most 4 bytes long, so its first byte stands at most 3 before the cut.
  for (size_t back = 1; back <= 3 && back <= bytes_max; ++back) {
    const size_t start = bytes_max - back;
    const size_t length = Utf8CharacterLength(text.substr(start));
    if (length > back) return text.substr(0, start);
    if (length != 0) break;
  }
  return text.substr(0, bytes_max);
}

}  // namespace outrigger::observe
