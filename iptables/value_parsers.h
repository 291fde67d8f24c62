// SPDX-License-Identifier: Apache-2.0
//
// The texts of flags and variables -> values. Every error names `setting` (as the user wrote it,
// for example "-b (istio-inbound-ports)"), the item and what was expected.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "config/cidr.h"
#include "iptables/options.h"

namespace outrigger::iptables {

using NameTable = std::map<std::string, uint32_t, std::less<>>;

// Comma-separated; empty items are skipped, as Istio does.
std::vector<absl::string_view> SplitList(absl::string_view text);

// 1 to 65535.
absl::StatusOr<uint16_t> ParsePort(absl::string_view setting, absl::string_view text);
// Ports 0 to 65535 and ranges "8000:8100".
absl::StatusOr<std::vector<PortRange>> ParsePorts(absl::string_view setting,
                                                  absl::string_view text);
// The same, or "*".
absl::StatusOr<PortSelection> ParsePortSelection(absl::string_view setting, absl::string_view text);
// Ids, ranges of ids "1000-1999", and names that `names` knows; at most `items_max` of them.
absl::StatusOr<std::vector<IdRange>> ParseIds(absl::string_view setting, absl::string_view text,
                                              const NameTable& names, size_t items_max);
// Ranges with a length, of both families, or "*".
absl::StatusOr<AddressSelection> ParseRanges(absl::string_view setting, absl::string_view text);
// One 127.x.y.z range of 8 to 32 bits.
absl::StatusOr<config::Cidr> ParseLoopbackRange(absl::string_view setting, absl::string_view text);
absl::StatusOr<std::vector<std::string>> ParseInterfaces(absl::string_view setting,
                                                         absl::string_view text);
// 1 to `max`.
absl::StatusOr<uint32_t> ParseNumber(absl::string_view setting, absl::string_view text,
                                     uint32_t max);
// "5s", "500ms", "1m30s"; more than 0, at most an hour.
absl::StatusOr<std::chrono::milliseconds> ParseTimeout(absl::string_view setting,
                                                       absl::string_view text);
// What Go's strconv.ParseBool takes.
std::optional<bool> ParseBoolean(absl::string_view text);
// The addresses of the `nameserver` lines.
std::vector<config::IpAddress> ParseNameservers(absl::string_view resolv_conf);

}  // namespace outrigger::iptables
