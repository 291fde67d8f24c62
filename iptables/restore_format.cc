// SPDX-License-Identifier: Apache-2.0
#include "iptables/restore_format.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace outrigger::iptables {
namespace {

absl::string_view Not(bool negated) { return negated ? "! " : ""; }

// A range of no bits matches everything; iptables-save does not print it.
void AddAddress(const std::optional<AddressMatch>& match, absl::string_view flag,
                std::string& text) {
  if (!match || (match->range.prefix_length() == 0 && !match->negated)) return;
  absl::StrAppend(&text, Not(match->negated), flag, " ", match->range.Format(), " ");
}

absl::string_view ProtocolName(Protocol protocol) {
  return protocol == Protocol::kUdp ? "udp" : "tcp";
}

std::string FormatRange(uint32_t first, uint32_t last, char separator) {
  return first == last ? absl::StrCat(first) : absl::StrCat(first, std::string(1, separator), last);
}

void AddPort(const PortMatch& match, Protocol protocol, std::string& text) {
  const bool several = match.ports.size() > 1;
  const absl::string_view flag = match.side == PortMatch::Side::kSource ? "--sport" : "--dport";
  const std::string ports =
      absl::StrJoin(match.ports, ",", [](std::string* out, const PortRange& range) {
        absl::StrAppend(out, FormatRange(range.first, range.last, ':'));
      });
  absl::StrAppend(&text, "-m ", several ? "multiport" : ProtocolName(protocol), " ",
                  Not(match.negated), flag, several ? "s" : "", " ", ports, " ");
}

std::string FormatTarget(const Target& target, Family family) {
  switch (target.kind) {
    case Target::Kind::kChain:
      return target.chain;
    case Target::Kind::kReturn:
      return "RETURN";
    case Target::Kind::kAccept:
      return "ACCEPT";
    case Target::Kind::kDrop:
      return "DROP";
    case Target::Kind::kRedirect:
      return absl::StrCat("REDIRECT --to-ports ", target.port);
    case Target::Kind::kTproxy:
      return absl::StrFormat("TPROXY --on-port %d --on-ip %s --tproxy-mark 0x%x/0xffffffff",
                             target.port,
                             family == Family::kIpv4 ? "0.0.0.0" : "::", target.number);
    case Target::Kind::kSetMark:
      return absl::StrFormat("MARK --set-xmark 0x%x/0xffffffff", target.number);
    case Target::Kind::kSaveMark:
      return "CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff";
    case Target::Kind::kRestoreMark:
      return "CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff";
    case Target::Kind::kZone:
      return absl::StrCat("CT --zone ", target.number);
  }
  return "";
}

}  // namespace

absl::string_view TableName(Table table) {
  switch (table) {
    case Table::kMangle:
      return "mangle";
    case Table::kNat:
      return "nat";
    case Table::kRaw:
      return "raw";
  }
  return "";
}

std::string FormatRule(const Rule& rule, Family family) {
  std::string text;
  AddAddress(rule.source, "-s", text);
  AddAddress(rule.destination, "-d", text);
  if (!rule.in_interface.empty()) absl::StrAppend(&text, "-i ", rule.in_interface, " ");
  if (!rule.out_interface.empty()) absl::StrAppend(&text, "-o ", rule.out_interface, " ");
  if (rule.protocol != Protocol::kAny)
    absl::StrAppend(&text, "-p ", ProtocolName(rule.protocol), " ");
  if (rule.port) AddPort(*rule.port, rule.protocol, text);
  if (!rule.connection_states.empty())
    absl::StrAppend(&text, "-m conntrack --ctstate ", rule.connection_states, " ");
  if (rule.mark) {
    absl::StrAppendFormat(&text, "-m %s %s--mark 0x%x ",
                          rule.mark->of == MarkMatch::Of::kPacket ? "mark" : "connmark",
                          Not(rule.mark->negated), rule.mark->mark);
  }
  for (const OwnerMatch& owner : rule.owners) {
    absl::StrAppend(&text, "-m owner ", Not(owner.negated),
                    owner.kind == OwnerMatch::Kind::kUser ? "--uid-owner " : "--gid-owner ",
                    FormatRange(owner.ids.first, owner.ids.last, '-'), " ");
  }
  return absl::StrCat(text, "-j ", FormatTarget(rule.target, family));
}

std::string FormatTable(const TableRules& table, Family family) {
  std::string text = absl::StrCat("*", TableName(table.table), "\n");
  for (const std::string& chain : table.chains) absl::StrAppend(&text, "-N ", chain, "\n");
  std::map<std::string, int> front;
  for (const Rule& rule : table.rules) {
    const std::string formatted = FormatRule(rule, family);
    if (rule.place == Rule::Place::kFront) {
      absl::StrAppend(&text, "-I ", rule.chain, " ", ++front[rule.chain], " ", formatted, "\n");
    } else {
      absl::StrAppend(&text, "-A ", rule.chain, " ", formatted, "\n");
    }
  }
  return absl::StrCat(text, "COMMIT\n");
}

}  // namespace outrigger::iptables
