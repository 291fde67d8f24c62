// SPDX-License-Identifier: Apache-2.0
#include "iptables/rule_list.h"

namespace outrigger::iptables {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr uint16_t kDnsProxyPort = 15053;
// Conntrack zones keep a query of the application and the query that the proxy makes for it apart:
// both have the same tuple.
constexpr uint32_t kProxyToServerZone = 1;
constexpr uint32_t kClientToProxyZone = 2;

PortMatch FromPort(uint16_t port) {
  return {.side = PortMatch::Side::kSource, .ports = {{port, port}}};
}

Target Zone(uint32_t zone) { return {.kind = Target::Kind::kZone, .number = zone}; }

// The servers of this family as ranges; with capture-all one entry that means any server.
std::vector<std::optional<AddressMatch>> Servers(const Options& options, Family family) {
  if (options.capture_all_dns) return {std::nullopt};
  std::vector<std::optional<AddressMatch>> servers;
  for (const config::IpAddress& server : options.dns_servers) {
    if (server.is_ipv4() != (family == Family::kIpv4)) continue;
    const auto range = config::Cidr::Create(server, server.bits());
    if (range.ok()) servers.emplace_back(AddressMatch{*range, false});
  }
  return servers;
}

void AddOwnerZones(OwnerMatch owner, RuleList& list) {
  list.Append(Table::kRaw, {.chain = kOutputDns,
                            .protocol = Protocol::kUdp,
                            .port = ToPort(kDnsPort),
                            .owners = {owner},
                            .target = Zone(kProxyToServerZone)});
  list.Append(Table::kRaw, {.chain = kOutputDns,
                            .protocol = Protocol::kUdp,
                            .port = FromPort(kDnsProxyPort),
                            .owners = {owner},
                            .target = Zone(kClientToProxyZone)});
}

void AddServerZones(const std::vector<std::optional<AddressMatch>>& servers, RuleList& list) {
  if (servers.empty()) return;
  list.Append(Table::kRaw, {.chain = "PREROUTING", .target = JumpTo(kInbound)});
  for (const auto& server : servers) {
    list.Append(Table::kRaw, {.chain = kOutputDns,
                              .destination = server,
                              .protocol = Protocol::kUdp,
                              .port = ToPort(kDnsPort),
                              .target = Zone(kClientToProxyZone)});
    list.Append(Table::kRaw, {.chain = kInbound,
                              .source = server,
                              .protocol = Protocol::kUdp,
                              .port = FromPort(kDnsPort),
                              .target = Zone(kProxyToServerZone)});
  }
}

}  // namespace

void AddDnsRules(const Options& options, Family family, RuleList& list) {
  const std::vector<std::optional<AddressMatch>> servers = Servers(options, family);
  list.Append(Table::kRaw, {.chain = "OUTPUT", .target = JumpTo(kOutputDns)});
  if (!servers.empty()) list.Append(Table::kNat, {.chain = kOutput, .target = JumpTo(kOutputDns)});
  for (const Protocol protocol : {Protocol::kTcp, Protocol::kUdp}) {
    for (const auto& server : servers) {
      list.Append(Table::kNat, {.chain = kOutputDns,
                                .destination = server,
                                .protocol = protocol,
                                .port = ToPort(kDnsPort),
                                .target = RedirectTo(kDnsProxyPort)});
    }
  }
  for (const IdRange& ids : options.proxy_uids) AddOwnerZones({OwnerMatch::Kind::kUser, ids}, list);
  for (const IdRange& ids : options.proxy_gids)
    AddOwnerZones({OwnerMatch::Kind::kGroup, ids}, list);
  AddServerZones(servers, list);
}

}  // namespace outrigger::iptables
