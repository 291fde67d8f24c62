// SPDX-License-Identifier: Apache-2.0
//
// Istio's traffic capture as a value: Options -> the rules of each table, in the order in which the
// kernel tries them. Pure. README.md shows the packet walk that these rules make.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "config/cidr.h"
#include "iptables/options.h"

namespace outrigger::iptables {

enum class Family : uint8_t { kIpv4, kIpv6 };
// In the alphabetical order in which they are loaded.
enum class Table : uint8_t { kMangle, kNat, kRaw };
enum class Protocol : uint8_t { kAny, kTcp, kUdp };

struct AddressMatch {
  config::Cidr range;
  bool negated = false;
  friend bool operator==(const AddressMatch&, const AddressMatch&) = default;
};

struct PortMatch {
  enum class Side : uint8_t { kSource, kDestination };
  Side side = Side::kDestination;
  // More than one item means any of them.
  std::vector<PortRange> ports;
  bool negated = false;
  friend bool operator==(const PortMatch&, const PortMatch&) = default;
};

struct OwnerMatch {
  enum class Kind : uint8_t { kUser, kGroup };
  Kind kind = Kind::kUser;
  IdRange ids;
  bool negated = false;
  friend bool operator==(const OwnerMatch&, const OwnerMatch&) = default;
};

struct MarkMatch {
  enum class Of : uint8_t { kPacket, kConnection };
  Of of = Of::kPacket;
  uint32_t mark = 0;
  bool negated = false;
  friend bool operator==(const MarkMatch&, const MarkMatch&) = default;
};

struct Target {
  enum class Kind : uint8_t {
    kChain,
    kReturn,
    kAccept,
    kDrop,
    kRedirect,
    kTproxy,
    kSetMark,
    kSaveMark,
    kRestoreMark,
    kZone
  };
  Kind kind = Kind::kReturn;
  // Of kChain.
  std::string chain;
  // Port of kRedirect and kTproxy.
  uint16_t port = 0;
  // Mark of kTproxy and kSetMark, zone of kZone.
  uint32_t number = 0;
  friend bool operator==(const Target&, const Target&) = default;
};

struct Rule {
  // Where the rule goes in a chain of the kernel's own. Chains of ours hold nothing but our rules.
  enum class Place : uint8_t { kBack, kFront };
  std::string chain;
  Place place = Place::kBack;
  std::optional<AddressMatch> source;
  std::optional<AddressMatch> destination;
  std::string in_interface;
  std::string out_interface;
  Protocol protocol = Protocol::kAny;
  std::optional<PortMatch> port;
  // As conntrack names them, comma-separated.
  std::string connection_states;
  std::optional<MarkMatch> mark;
  // All of them must hold.
  std::vector<OwnerMatch> owners;
  Target target;
  friend bool operator==(const Rule&, const Rule&) = default;
};

struct TableRules {
  Table table = Table::kNat;
  // Chains of ours, in the order of first use, also those without rules.
  std::vector<std::string> chains;
  std::vector<Rule> rules;
};

// Chains that are ours; users and tools look for these names.
inline constexpr absl::string_view kChainPrefix = "ISTIO_";

// Tables that have rules. Nothing for IPv6 unless the options ask for it.
std::vector<TableRules> BuildRules(const Options& options, Family family);

}  // namespace outrigger::iptables
