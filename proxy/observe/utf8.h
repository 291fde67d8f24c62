// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace outrigger::observe {

// Length of the well-formed UTF-8 character (Unicode table 3-7: no overlong forms, no surrogates)
// that `text` begins with; 0 if it begins with anything else or is empty.
size_t Utf8CharacterLength(absl::string_view text);

// Each byte that is not part of a well-formed character becomes U+FFFD.
std::string ReplaceInvalidUtf8(absl::string_view text);

// `text` cut to at most `bytes_max` bytes without splitting a well-formed character.
absl::string_view CutUtf8(absl::string_view text, size_t bytes_max);

}  // namespace outrigger::observe
