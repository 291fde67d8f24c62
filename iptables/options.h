// SPDX-License-Identifier: Apache-2.0
//
// Flags and environment -> Options, with Istio's precedence, aliases and defaults. Pure: what the
// machine knows (addresses, users, /etc/resolv.conf) comes in as HostFacts, so every rule can be
// tested as a value.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "config/cidr.h"
#include "config/socket_address.h"
#include "iptables/flags.h"

namespace outrigger::iptables {

// Groups in ISTIO_OUTBOUND_OWNER_GROUPS: they all stand in one rule, and a rule holds only so many
// matches (Istio's number).
inline constexpr size_t kOwnerGroupsMax = 64;
// Items of any other list. Each is one rule of a few hundred bytes; thousands of them slow every
// new connection.
inline constexpr size_t kListItemsMax = 4096;
// Bytes of one value: the items of the longest list, each as long as an IPv6 range.
inline constexpr size_t kValueBytesMax = kListItemsMax * 44;

// Ports first..last, a single one when they are equal.
struct PortRange {
  uint16_t first = 0;
  uint16_t last = 0;
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

// User or group ids first..last.
struct IdRange {
  uint32_t first = 0;
  uint32_t last = 0;
  friend bool operator==(const IdRange&, const IdRange&) = default;
};

struct PortSelection {
  bool all = false;
  std::vector<PortRange> ports;
  bool empty() const { return !all && ports.empty(); }
};

struct AddressSelection {
  bool all = false;
  std::vector<config::Cidr> ranges;
  // Some range was written with a loopback address: then the application's traffic to itself is not
  // exempt.
  bool has_loopback = false;
};

enum class InterceptionMode : uint8_t { kRedirect, kTproxy };
enum class BackEnd : uint8_t { kNft, kLegacy };

struct Options {
  uint16_t proxy_port = 15001;
  uint16_t inbound_capture_port = 15006;
  uint16_t inbound_tunnel_port = 15008;
  std::vector<IdRange> proxy_uids;
  std::vector<IdRange> proxy_gids;
  InterceptionMode mode = InterceptionMode::kRedirect;
  // The text was given and is not empty. `-b ,` is: it makes the inbound chains, and no port is in
  // them.
  bool captures_inbound = false;
  PortSelection inbound_ports;
  std::vector<PortRange> inbound_ports_excluded;
  AddressSelection outbound_ranges;
  std::vector<config::Cidr> outbound_ranges_excluded;
  std::vector<PortRange> outbound_ports;
  std::vector<PortRange> outbound_ports_excluded;
  std::vector<std::string> virtual_interfaces;
  std::vector<std::string> excluded_interfaces;
  uint32_t tproxy_mark = 1337;
  uint32_t tproxy_route_table = 133;
  // With `all_groups` the groups are exempt, else everybody but them is.
  bool all_groups = true;
  std::vector<IdRange> owner_groups;
  config::Cidr loopback_range;
  bool drop_invalid = false;
  bool redirect_dns = false;
  bool capture_all_dns = false;
  std::vector<config::IpAddress> dns_servers;

  // Rules are made for IPv6 too.
  bool ipv6 = false;
  // The first address that is neither loopback nor link-local; absent with --cleanup-only on a
  // machine without.
  std::optional<config::IpAddress> host_address;

  uint16_t probe_port = 15002;
  std::chrono::milliseconds probe_timeout{5000};
  bool dry_run = false;
  bool skip_rule_apply = false;
  bool run_validation = false;
  bool cleanup_only = false;
  bool force_apply = false;
  bool native_nftables = false;
  bool cni_mode = false;
  std::string network_namespace;
  std::optional<BackEnd> forced_back_end;
};

// What the machine knows.
struct HostFacts {
  std::map<std::string, std::string, std::less<>> environment;
  // All addresses of all interfaces, in the order in which the kernel lists them.
  std::vector<config::IpAddress> addresses;
  // Content of /etc/resolv.conf; used with --redirect-dns only.
  std::string resolv_conf;
  // Names -> ids, as getpwnam and getgrnam say.
  std::map<std::string, uint32_t, std::less<>> users;
  std::map<std::string, uint32_t, std::less<>> groups;
};

struct ParsedOptions {
  Options options;
  std::vector<std::string> warnings;
};

// The first mistake is the error: it names the flag or variable, the value, and what was expected.
absl::StatusOr<ParsedOptions> ParseOptions(const FlagValues& flags, const HostFacts& facts);

// The network namespace to work in, empty for this one. To be asked first: addresses are those of
// the namespace.
std::string NetworkNamespace(const FlagValues& flags, const HostFacts& facts);

// What this program does not do: TPROXY and --native-nftables are an error, DNS capture is taken
// out with a warning, so that no rule of it remains.
absl::Status RestrictToSupported(ParsedOptions& parsed);

}  // namespace outrigger::iptables
