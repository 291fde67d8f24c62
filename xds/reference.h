// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace outrigger::xds {

// The configuration reference in Markdown: every field of our subset with type, limits, default,
// effect and difference from Envoy, made of the table of settings and the descriptors that files
// are read along. Committed as config/REFERENCE.md.
std::string FormatReference();

}  // namespace outrigger::xds
