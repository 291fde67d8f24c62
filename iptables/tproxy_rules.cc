// SPDX-License-Identifier: Apache-2.0
#include "iptables/rule_list.h"

namespace outrigger::iptables {
namespace {

// Marks what the proxy's outbound side sends to this very pod, so that the inbound side takes it.
constexpr uint32_t kOutboundMark = 1338;

MarkMatch PacketMark(uint32_t mark, bool negated = false) {
  return {.of = MarkMatch::Of::kPacket, .mark = mark, .negated = negated};
}

Target SetMark(uint32_t mark) { return {.kind = Target::Kind::kSetMark, .number = mark}; }

Rule InboundRule(std::optional<PortMatch> port, Target target) {
  return {.chain = kInbound,
          .protocol = Protocol::kTcp,
          .port = std::move(port),
          .target = std::move(target)};
}

// Packets of a connection that a socket has already taken go on to it; new ones are handed to the
// proxy's socket.
void AddCapture(std::optional<PortMatch> port, RuleList& list) {
  Rule known = InboundRule(port, JumpTo(kDivert));
  known.connection_states = "RELATED,ESTABLISHED";
  list.Append(Table::kMangle, std::move(known));
  list.Append(Table::kMangle, InboundRule(std::move(port), JumpTo(kTproxy)));
}

void MarkOwner(const Options& options, Family family, OwnerMatch owner, RuleList& list) {
  list.Append(Table::kMangle, {.chain = "OUTPUT",
                               .destination = AddressMatch{Loopback(options, family), true},
                               .out_interface = "lo",
                               .protocol = Protocol::kTcp,
                               .owners = {owner},
                               .target = SetMark(kOutboundMark)});
}

}  // namespace

void AddTproxyInbound(const Options& options, Family family, RuleList& list) {
  list.Append(Table::kMangle, {.chain = kDivert, .target = SetMark(options.tproxy_mark)});
  list.Append(Table::kMangle, {.chain = kDivert, .target = {.kind = Target::Kind::kAccept}});
  list.Append(Table::kMangle, {.chain = kTproxy,
                               .destination = AddressMatch{Loopback(options, family), true},
                               .protocol = Protocol::kTcp,
                               .target = {.kind = Target::Kind::kTproxy,
                                          .port = options.inbound_capture_port,
                                          .number = options.tproxy_mark}});
  list.Append(Table::kMangle,
              {.chain = "PREROUTING", .protocol = Protocol::kTcp, .target = JumpTo(kInbound)});
  if (!options.inbound_ports.all) {
    for (const PortRange& port : options.inbound_ports.ports) AddCapture(ToPorts({port}), list);
    return;
  }
  for (const PortRange& port : options.inbound_ports_excluded) {
    list.Append(Table::kMangle, InboundRule(ToPorts({port}), Return()));
  }
  AddCapture(std::nullopt, list);
}

void AddTproxyMarks(const Options& options, Family family, RuleList& list) {
  const MarkMatch marked = PacketMark(options.tproxy_mark);
  list.Append(Table::kMangle, {.chain = "PREROUTING",
                               .protocol = Protocol::kTcp,
                               .mark = marked,
                               .target = {.kind = Target::Kind::kSaveMark}});
  list.Append(Table::kMangle, {.chain = "OUTPUT",
                               .out_interface = "lo",
                               .protocol = Protocol::kTcp,
                               .mark = marked,
                               .target = Return()});
  for (const IdRange& ids : options.proxy_uids)
    MarkOwner(options, family, {OwnerMatch::Kind::kUser, ids}, list);
  for (const IdRange& ids : options.proxy_gids)
    MarkOwner(options, family, {OwnerMatch::Kind::kGroup, ids}, list);
  list.Append(Table::kMangle,
              {.chain = "OUTPUT",
               .protocol = Protocol::kTcp,
               .mark = MarkMatch{.of = MarkMatch::Of::kConnection, .mark = options.tproxy_mark},
               .target = {.kind = Target::Kind::kRestoreMark}});
  // The head of ISTIO_INBOUND, last rule first.
  Rule to_itself = InboundRule(std::nullopt, Return());
  to_itself.in_interface = "lo";
  to_itself.mark = PacketMark(kOutboundMark, true);
  list.Prepend(Table::kMangle, std::move(to_itself));
  Rule from_proxy = InboundRule(std::nullopt, Return());
  from_proxy.source = AddressMatch{InboundSource(family), false};
  from_proxy.in_interface = "lo";
  list.Prepend(Table::kMangle, std::move(from_proxy));
  Rule diverted = InboundRule(std::nullopt, Return());
  diverted.mark = marked;
  list.Prepend(Table::kMangle, std::move(diverted));
}

}  // namespace outrigger::iptables
