// SPDX-License-Identifier: Apache-2.0
//
// The address ::6 on lo. The proxy binds its connections to the application to it, as it does to
// 127.0.0.6; but of IPv6 loopback addresses only ::1 can be bound without being configured.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace outrigger::iptables {

// By rtnetlink, so no `ip` program is needed. True if it was not there before.
absl::StatusOr<bool> AddInboundSourceAddress();

// No error if it is not there.
absl::Status RemoveInboundSourceAddress();

}  // namespace outrigger::iptables
