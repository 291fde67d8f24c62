// SPDX-License-Identifier: Apache-2.0
//
// Filter chain matching a second time, with lists and loops only, to compare the real one with.
// Slow on purpose.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "config/listener.h"
#include "proxy/policy/connection_facts.h"

namespace outrigger::policy {

// Every criterion in turn throws out the chains that do not fit and those that fit less
// specifically than another one. Requires: no two chains match the same connections.
config::FilterChainPtr ReferenceMatch(const config::Listener& listener,
                                      const ConnectionFacts& facts);

// Whether the listener is one that has to be refused: a pair of chains shares a value in every
// criterion, or a chain lists a value twice or has a wildcard elsewhere than in front.
bool ReferenceRefuses(const config::Listener& listener);

}  // namespace outrigger::policy
