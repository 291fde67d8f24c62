// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace outrigger::xds {

// Where `text` stops being text: a byte that is not UTF-8 (overlong forms and surrogates included)
// or NUL. npos: nowhere.
size_t FindInvalidText(absl::string_view text);

}  // namespace outrigger::xds
