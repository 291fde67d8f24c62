// SPDX-License-Identifier: Apache-2.0
#include "iptables/rules.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"

#include "iptables/rule_list.h"
#include "proxy/base/check.h"

namespace outrigger::iptables {
namespace {

config::Cidr LiteralRange(absl::string_view text) {
  auto range = config::Cidr::Parse(text);
  CHECK(range.ok(), text);
  return *range;
}

bool IsOfFamily(const config::Cidr& range, Family family) {
  return range.prefix().is_ipv4() == (family == Family::kIpv4);
}

std::vector<config::Cidr> OfFamily(const std::vector<config::Cidr>& ranges, Family family) {
  std::vector<config::Cidr> result;
  std::copy_if(ranges.begin(), ranges.end(), std::back_inserter(result),
               [family](const config::Cidr& range) { return IsOfFamily(range, family); });
  return result;
}

void AddExcludedInterfaces(const Options& options, RuleList& list) {
  const bool tproxy = options.mode == InterceptionMode::kTproxy;
  for (const Table table : {Table::kNat, Table::kMangle}) {
    if (table == Table::kMangle && !tproxy) continue;
    for (const std::string& name : options.excluded_interfaces) {
      list.Append(table, {.chain = "PREROUTING", .in_interface = name, .target = Return()});
      list.Append(table, {.chain = "OUTPUT", .out_interface = name, .target = Return()});
    }
  }
}

void AddDropInvalid(RuleList& list) {
  list.Append(Table::kMangle,
              {.chain = "PREROUTING", .connection_states = "INVALID", .target = JumpTo(kDrop)});
  list.Append(Table::kMangle, {.chain = kDrop, .target = {.kind = Target::Kind::kDrop}});
}

void AddInbound(const Options& options, RuleList& list) {
  list.Append(Table::kNat,
              {.chain = "PREROUTING", .protocol = Protocol::kTcp, .target = JumpTo(kInbound)});
  if (!options.inbound_ports.all) {
    for (const PortRange& port : options.inbound_ports.ports) {
      list.Append(Table::kNat, {.chain = kInbound,
                                .protocol = Protocol::kTcp,
                                .port = ToPorts({port}),
                                .target = JumpTo(kInRedirect)});
    }
    return;
  }
  for (const PortRange& port : options.inbound_ports_excluded) {
    list.Append(Table::kNat, {.chain = kInbound,
                              .protocol = Protocol::kTcp,
                              .port = ToPorts({port}),
                              .target = Return()});
  }
  list.Append(Table::kNat,
              {.chain = kInbound, .protocol = Protocol::kTcp, .target = JumpTo(kInRedirect)});
}

void AddRedirectChains(const Options& options, RuleList& list) {
  // The tunnel port terminates itself.
  list.Append(Table::kNat, {.chain = kInbound,
                            .protocol = Protocol::kTcp,
                            .port = ToPort(options.inbound_tunnel_port),
                            .target = Return()});
  list.Append(
      Table::kNat,
      {.chain = kRedirect, .protocol = Protocol::kTcp, .target = RedirectTo(options.proxy_port)});
  list.Append(Table::kNat, {.chain = kInRedirect,
                            .protocol = Protocol::kTcp,
                            .target = RedirectTo(options.inbound_capture_port)});
}

// What one exempt user or group means: its own connections to this very pod pass through the
// inbound side, everybody else's loopback traffic stays direct, and nothing else of it is captured.
void AddOwner(const Options& options, Family family, OwnerMatch owner, RuleList& list) {
  const bool dns = RedirectsDns(options);
  OwnerMatch others = owner;
  others.negated = true;
  // DNS over TCP of the agent must not meet the inbound side; Istio excludes it for users only.
  std::vector<PortRange> never = {{options.inbound_tunnel_port, options.inbound_tunnel_port}};
  if (dns && owner.kind == OwnerMatch::Kind::kUser) never.insert(never.begin(), {53, 53});
  list.Append(Table::kNat, {.chain = kOutput,
                            .destination = AddressMatch{Loopback(options, family), true},
                            .out_interface = "lo",
                            .protocol = Protocol::kTcp,
                            .port = ToPorts(std::move(never), true),
                            .owners = {owner},
                            .target = JumpTo(kInRedirect)});
  if (!options.outbound_ranges.has_loopback) {
    Rule direct = {.chain = kOutput, .out_interface = "lo", .owners = {others}, .target = Return()};
    if (dns) {
      direct.protocol = Protocol::kTcp;
      direct.port = ToPort(53, true);
    }
    list.Append(Table::kNat, std::move(direct));
  }
  list.Append(Table::kNat, {.chain = kOutput, .owners = {owner}, .target = Return()});
}

void AddOwnerGroups(const Options& options, RuleList& list) {
  std::vector<OwnerMatch> none_of;
  for (const IdRange& group : options.owner_groups) {
    const OwnerMatch match = {
        .kind = OwnerMatch::Kind::kGroup, .ids = group, .negated = !options.all_groups};
    if (options.all_groups) {
      list.Append(Table::kNat, {.chain = kOutput, .owners = {match}, .target = Return()});
    }
    none_of.push_back(match);
  }
  if (!options.all_groups) {
    list.Append(Table::kNat, {.chain = kOutput, .owners = std::move(none_of), .target = Return()});
  }
}

// What is captured after all exceptions, and the virtual machines' traffic with it.
void AddOutboundRanges(const Options& options, Family family, RuleList& list) {
  if (options.outbound_ranges.all) {
    list.Append(Table::kNat, {.chain = kOutput, .target = JumpTo(kRedirect)});
    for (const std::string& name : options.virtual_interfaces) {
      list.Prepend(Table::kNat,
                   {.chain = "PREROUTING", .in_interface = name, .target = JumpTo(kRedirect)});
    }
  }
  for (const config::Cidr& range : OfFamily(options.outbound_ranges.ranges, family)) {
    const AddressMatch destination = {range, false};
    for (const std::string& name : options.virtual_interfaces) {
      list.Prepend(Table::kNat, {.chain = "PREROUTING",
                                 .destination = destination,
                                 .in_interface = name,
                                 .target = JumpTo(kRedirect)});
    }
    list.Append(Table::kNat,
                {.chain = kOutput, .destination = destination, .target = JumpTo(kRedirect)});
  }
}

void AddOutbound(const Options& options, Family family, RuleList& list) {
  list.Append(Table::kNat, {.chain = "OUTPUT", .target = JumpTo(kOutput)});
  for (const PortRange& port : options.outbound_ports_excluded) {
    for (const Protocol protocol : {Protocol::kTcp, Protocol::kUdp}) {
      list.Append(
          Table::kNat,
          {.chain = kOutput, .protocol = protocol, .port = ToPorts({port}), .target = Return()});
    }
  }
  list.Append(Table::kNat, {.chain = kOutput,
                            .source = AddressMatch{InboundSource(family), false},
                            .out_interface = "lo",
                            .target = Return()});
  for (const IdRange& ids : options.proxy_uids)
    AddOwner(options, family, {OwnerMatch::Kind::kUser, ids}, list);
  for (const IdRange& ids : options.proxy_gids)
    AddOwner(options, family, {OwnerMatch::Kind::kGroup, ids}, list);
  AddOwnerGroups(options, list);
  if (RedirectsDns(options)) AddDnsRules(options, family, list);
  list.Append(Table::kNat, {.chain = kOutput,
                            .destination = AddressMatch{Loopback(options, family), false},
                            .target = Return()});
  for (const config::Cidr& range : OfFamily(options.outbound_ranges_excluded, family)) {
    list.Append(Table::kNat,
                {.chain = kOutput, .destination = AddressMatch{range, false}, .target = Return()});
  }
  for (const PortRange& port : options.outbound_ports) {
    list.Append(Table::kNat, {.chain = kOutput,
                              .protocol = Protocol::kTcp,
                              .port = ToPorts({port}),
                              .target = JumpTo(kRedirect)});
  }
  AddOutboundRanges(options, family, list);
}

}  // namespace

config::Cidr InboundSource(Family family) {
  return LiteralRange(family == Family::kIpv4 ? "127.0.0.6/32" : "::6/128");
}

config::Cidr Loopback(const Options& options, Family family) {
  return family == Family::kIpv4 ? options.loopback_range : LiteralRange("::1/128");
}

bool RedirectsDns(const Options& options) {
  return options.redirect_dns && (options.capture_all_dns || !options.dns_servers.empty());
}

std::vector<TableRules> RuleList::Take() && {
  std::vector<TableRules> tables;
  for (auto& [table, rules] : rules_) {
    TableRules result = {.table = table};
    const auto add_chain = [&result](const std::string& name) {
      const bool known =
          std::find(result.chains.begin(), result.chains.end(), name) != result.chains.end();
      if (absl::StartsWith(name, kChainPrefix) && !known) result.chains.push_back(name);
    };
    for (const Rule& rule : rules) add_chain(rule.chain);
    for (const Rule& rule : rules) add_chain(rule.target.chain);
    result.rules = std::move(rules);
    tables.push_back(std::move(result));
  }
  return tables;
}

std::vector<TableRules> BuildRules(const Options& options, Family family) {
  if (family == Family::kIpv6 && !options.ipv6) return {};
  RuleList list;
  AddExcludedInterfaces(options, list);
  for (const std::string& name : options.virtual_interfaces) {
    list.Prepend(Table::kNat, {.chain = "PREROUTING", .in_interface = name, .target = Return()});
  }
  if (options.drop_invalid) AddDropInvalid(list);
  AddRedirectChains(options, list);
  const bool tproxy = options.mode == InterceptionMode::kTproxy;
  if (options.captures_inbound && tproxy) AddTproxyInbound(options, family, list);
  if (options.captures_inbound && !tproxy) AddInbound(options, list);
  AddOutbound(options, family, list);
  if (tproxy) AddTproxyMarks(options, family, list);
  return std::move(list).Take();
}

}  // namespace outrigger::iptables
