// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "proxy/base/unique_fd.h"

namespace outrigger::testing {

// Two ends of one TCP connection over loopback, both non-blocking. Aborts the test on failure.
struct TcpPair {
  UniqueFd client;
  UniqueFd server;
};
TcpPair MakeTcpPair();

}  // namespace outrigger::testing
