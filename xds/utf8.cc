// SPDX-License-Identifier: Apache-2.0
#include "xds/utf8.h"

#include <cstdint>

namespace outrigger::xds {
namespace {

// Bytes of the sequence that begins with `lead`, and the smallest code point that needs so many; 0
// for no lead byte.
size_t SequenceLength(uint8_t lead, uint32_t& code_point, uint32_t& smallest) {
  if (lead < 0x80) {
    code_point = lead;
    smallest = 1;
    return 1;
  }
  if ((lead & 0xE0) == 0xC0) {
    code_point = lead & 0x1F;
    smallest = 0x80;
    return 2;
  }
  if ((lead & 0xF0) == 0xE0) {
    code_point = lead & 0x0F;
    smallest = 0x800;
    return 3;
  }
  if ((lead & 0xF8) == 0xF0) {
    code_point = lead & 0x07;
    smallest = 0x10000;
    return 4;
  }
  return 0;
}

}  // namespace

size_t FindInvalidText(absl::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    uint32_t code_point = 0;
    uint32_t smallest = 0;
    const size_t length = SequenceLength(static_cast<uint8_t>(text[at]), code_point, smallest);
    if (length == 0 || length > text.size() - at) return at;
    for (size_t i = 1; i < length; ++i) {
      const auto byte = static_cast<uint8_t>(text[at + i]);
      if ((byte & 0xC0) != 0x80) return at;
      code_point = (code_point << 6) | (byte & 0x3FU);
    }
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < smallest || code_point > 0x10FFFF || surrogate) return at;
    at += length;
  }
  return absl::string_view::npos;
}

}  // namespace outrigger::xds
