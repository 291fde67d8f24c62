// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

#include "iptables/rules.h"

namespace outrigger::iptables {

inline constexpr char kInbound[] = "ISTIO_INBOUND";
inline constexpr char kInRedirect[] = "ISTIO_IN_REDIRECT";
inline constexpr char kOutput[] = "ISTIO_OUTPUT";
inline constexpr char kRedirect[] = "ISTIO_REDIRECT";
inline constexpr char kOutputDns[] = "ISTIO_OUTPUT_DNS";
inline constexpr char kDivert[] = "ISTIO_DIVERT";
inline constexpr char kTproxy[] = "ISTIO_TPROXY";
inline constexpr char kDrop[] = "ISTIO_DROP";

// Rules in the making, for one family.
class RuleList {
 public:
  void Append(Table table, Rule rule) { rules_[table].push_back(std::move(rule)); }

  // To the head of its chain, before what stands there already.
  void Prepend(Table table, Rule rule) {
    if (!absl::StartsWith(rule.chain, kChainPrefix)) rule.place = Rule::Place::kFront;
    rules_[table].insert(rules_[table].begin(), std::move(rule));
  }

  std::vector<TableRules> Take() &&;

 private:
  std::map<Table, std::vector<Rule>> rules_;
};

inline Target JumpTo(absl::string_view chain) {
  return {.kind = Target::Kind::kChain, .chain = std::string(chain)};
}
inline Target Return() { return {.kind = Target::Kind::kReturn}; }
inline Target RedirectTo(uint16_t port) { return {.kind = Target::Kind::kRedirect, .port = port}; }

inline PortMatch ToPorts(std::vector<PortRange> ports, bool negated = false) {
  return {.side = PortMatch::Side::kDestination, .ports = std::move(ports), .negated = negated};
}
inline PortMatch ToPort(uint16_t port, bool negated = false) {
  return ToPorts({{port, port}}, negated);
}

// What proxy->application connections are bound to, so that they are not taken for new inbound
// ones.
config::Cidr InboundSource(Family family);
// What counts as "the application dials itself explicitly".
config::Cidr Loopback(const Options& options, Family family);
// --redirect-dns is given and there is something to redirect.
bool RedirectsDns(const Options& options);

// Istio's rules for what this program does not offer: kept as builders with golden tests, see
// RestrictToSupported.
void AddDnsRules(const Options& options, Family family, RuleList& list);
void AddTproxyInbound(const Options& options, Family family, RuleList& list);
void AddTproxyMarks(const Options& options, Family family, RuleList& list);

}  // namespace outrigger::iptables
