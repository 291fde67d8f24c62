// SPDX-License-Identifier: Apache-2.0
#include "iptables/flags.h"

#include <array>

#include "absl/strings/ascii.h"

namespace outrigger::iptables {
namespace {

using enum FlagSpec::Kind;

constexpr std::array kFlags = {
    FlagSpec{.name = "envoy-port",
             .short_name = 'p',
             .default_text = "15001",
             .help = "port to which outbound TCP connections are redirected",
             .from_environment = false},
    FlagSpec{.name = "inbound-capture-port",
             .short_name = 'z',
             .default_text = "15006",
             .help = "port to which inbound TCP connections are redirected"},
    FlagSpec{.name = "inbound-tunnel-port",
             .short_name = 'e',
             .default_text = "15008",
             .help = "port of the tunnel (HBONE), never redirected"},
    FlagSpec{.name = "proxy-uid",
             .short_name = 'u',
             .help = "users whose traffic is not redirected (default: the user named by "
                     "ENVOY_USER, else 1337)"},
    FlagSpec{.name = "proxy-gid",
             .short_name = 'g',
             .help = "groups whose traffic is not redirected (default: what -u says)"},
    FlagSpec{.name = "istio-inbound-interception-mode",
             .short_name = 'm',
             .help = "REDIRECT; TPROXY is not supported"},
    FlagSpec{.name = "istio-inbound-ports",
             .short_name = 'b',
             .help = "inbound ports to redirect, or * for all; empty for none"},
    FlagSpec{.name = "istio-local-exclude-ports",
             .short_name = 'd',
             .help = "inbound ports to leave alone; used with -b '*' only"},
    FlagSpec{.name = "istio-exclude-interfaces",
             .short_name = 'c',
             .help = "interfaces whose traffic is left alone, both ways"},
    FlagSpec{.name = "istio-service-cidr",
             .short_name = 'i',
             .help = "outbound address ranges to redirect, or * for all; empty for none"},
    FlagSpec{.name = "istio-service-exclude-cidr",
             .short_name = 'x',
             .help = "outbound address ranges to leave alone"},
    FlagSpec{.name = "istio-outbound-ports",
             .short_name = 'q',
             .help = "outbound ports to redirect whatever -i says"},
    FlagSpec{.name = "istio-local-outbound-ports-exclude",
             .short_name = 'o',
             .help = "outbound ports to leave alone, TCP and UDP"},
    FlagSpec{.name = "kube-virt-interfaces",
             .short_name = 'k',
             .help = "interfaces of virtual machines: what comes in there counts as outbound"},
    FlagSpec{.name = "istio-inbound-tproxy-mark",
             .short_name = 't',
             .default_text = "1337",
             .help = "packet mark in TPROXY mode"},
    FlagSpec{.name = "istio-inbound-tproxy-route-table",
             .short_name = 'r',
             .default_text = "133",
             .help = "routing table in TPROXY mode"},
    FlagSpec{.name = "dry-run",
             .short_name = 'n',
             .kind = kSwitch,
             .help = "print what would be loaded and change nothing"},
    FlagSpec{.name = "iptables-probe-port",
             .default_text = "15002",
             .help = "destination port of the connection that --run-validation makes"},
    FlagSpec{
        .name = "probe-timeout", .default_text = "5s", .help = "how long --run-validation waits"},
    FlagSpec{.name = "skip-rule-apply", .kind = kSwitch, .help = "do not touch any rule"},
    FlagSpec{.name = "run-validation",
             .kind = kSwitch,
             .help = "check with a real connection that redirection works; exit status 126 if not"},
    FlagSpec{.name = "redirect-dns",
             .kind = kSwitch,
             .alias = "ISTIO_META_DNS_CAPTURE",
             .help = "DNS capture; not supported, left out with a warning"},
    FlagSpec{.name = "drop-invalid",
             .kind = kSwitch,
             .alias = "INVALID_DROP",
             .help = "drop packets that connection tracking finds invalid, instead of answering "
                     "with a reset"},
    FlagSpec{.name = "dual-stack",
             .kind = kSwitch,
             .alias = "ISTIO_DUAL_STACK",
             .help = "redirect IPv6 as soon as any address of the pod is IPv6"},
    FlagSpec{.name = "capture-all-dns",
             .kind = kSwitch,
             .help = "with --redirect-dns: whatever server is asked"},
    FlagSpec{.name = "network-namespace",
             .help = "path of the network namespace to work in (default: this one)"},
    FlagSpec{.name = "cni-mode",
             .kind = kSwitch,
             .help = "lock per network namespace instead of per machine"},
    FlagSpec{.name = "reconcile",
             .kind = kSwitch,
             .help = "replace rules made with other flags; outrigger always does"},
    FlagSpec{
        .name = "cleanup-only", .kind = kSwitch, .help = "remove all rules and chains, make none"},
    FlagSpec{.name = "force-apply",
             .kind = kSwitch,
             .help = "load the rules even if they are there already"},
    FlagSpec{.name = "native-nftables", .kind = kSwitch, .help = "not supported"},
    FlagSpec{.name = "force-iptables-binary",
             .help = "legacy or nft, instead of the one that is in use"},
};

}  // namespace

std::span<const FlagSpec> Flags() { return kFlags; }

std::string EnvironmentName(absl::string_view flag) {
  std::string name = absl::AsciiStrToUpper(flag);
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}

}  // namespace outrigger::iptables
