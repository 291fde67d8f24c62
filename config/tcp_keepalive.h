// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace outrigger::config {

// envoy.config.core.v3.TcpKeepalive: absent fields take the process's defaults (limits.h).
struct TcpKeepalive {
  std::optional<uint32_t> probes;
  std::optional<uint32_t> idle_seconds;
  std::optional<uint32_t> interval_seconds;
  friend bool operator==(const TcpKeepalive&, const TcpKeepalive&) = default;
};

}  // namespace outrigger::config
