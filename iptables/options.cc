// SPDX-License-Identifier: Apache-2.0
#include "iptables/options.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "iptables/value_parsers.h"
#include "proxy/base/check.h"
#include "proxy/base/status_macros.h"

namespace outrigger::iptables {
namespace {

// Istio's user and group when neither flag nor ENVOY_USER names another.
constexpr absl::string_view kDefaultProxyUid = "1337";

struct Text {
  // How the user would call it: the flag, or the variable it came from.
  std::string setting;
  std::string value;
};

// Looks settings up in the order of precedence: command line, alias, variable, default.
class Settings {
 public:
  Settings(const FlagValues& flags, const HostFacts& facts) : flags_(flags), facts_(facts) {}

  Text Get(absl::string_view name) const {
    const FlagSpec& spec = Spec(name);
    if (const auto given = flags_.find(name); given != flags_.end())
      return {Shown(spec), given->second};
    if (spec.from_environment) {
      for (const std::string& variable : {std::string(spec.alias), EnvironmentName(name)}) {
        const auto found = facts_.environment.find(variable);
        if (!variable.empty() && found != facts_.environment.end())
          return {variable, found->second};
      }
    }
    return {Shown(spec), std::string(spec.default_text)};
  }

  // A variable that has no flag.
  Text GetVariable(absl::string_view name, absl::string_view default_text) const {
    const auto found = facts_.environment.find(name);
    return {std::string(name),
            found == facts_.environment.end() ? std::string(default_text) : found->second};
  }

  // A switch of the command line that is no boolean is an error. A variable that is none counts as
  // false, as in Istio: it may have been set for another program.
  absl::Status Switch(absl::string_view name, bool& value,
                      std::vector<std::string>& warnings) const {
    const Text text = Get(name);
    if (text.value.empty()) {
      value = false;
      return absl::OkStatus();
    }
    const std::optional<bool> parsed = ParseBoolean(text.value);
    if (!parsed && flags_.contains(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat(text.setting, ": \"", text.value, "\" is not true or false"));
    }
    if (!parsed)
      warnings.push_back(
          absl::StrCat(text.setting, " is neither true nor false; it counts as false"));
    value = parsed.value_or(false);
    return absl::OkStatus();
  }

 private:
  static const FlagSpec& Spec(absl::string_view name) {
    for (const FlagSpec& spec : Flags()) {
      if (spec.name == name) return spec;
    }
    CHECK(false, name);
    return Flags().front();
  }

  static std::string Shown(const FlagSpec& spec) {
    if (spec.short_name == 0) return absl::StrCat("--", spec.name);
    return absl::StrCat("-", std::string(1, spec.short_name), " (--", spec.name, ")");
  }

  const FlagValues& flags_;
  const HostFacts& facts_;
};

absl::Status CheckSizes(const FlagValues& flags, const HostFacts& facts) {
  for (const auto& [name, value] : flags) {
    if (value.size() > kValueBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", name, ": is ", value.size(), " bytes long, at most ", kValueBytesMax));
    }
  }
  for (const FlagSpec& spec : Flags()) {
    const auto found = facts.environment.find(EnvironmentName(spec.name));
    if (found != facts.environment.end() && found->second.size() > kValueBytesMax) {
      return absl::InvalidArgumentError(absl::StrCat(found->first, ": is ", found->second.size(),
                                                     " bytes long, at most ", kValueBytesMax));
    }
  }
  return absl::OkStatus();
}

absl::Status ParseProxyIds(const Settings& settings, const HostFacts& facts, Options& options) {
  Text uid = settings.Get("proxy-uid");
  if (uid.value.empty()) {
    const auto user = facts.users.find(settings.GetVariable("ENVOY_USER", "istio-proxy").value);
    uid.value =
        user == facts.users.end() ? std::string(kDefaultProxyUid) : absl::StrCat(user->second);
  }
  Text gid = settings.Get("proxy-gid");
  if (gid.value.empty()) gid.value = uid.value;
  ASSIGN_OR_RETURN(options.proxy_uids,
                   ParseIds(uid.setting, uid.value, facts.users, kListItemsMax));
  ASSIGN_OR_RETURN(options.proxy_gids,
                   ParseIds(gid.setting, gid.value, facts.groups, kListItemsMax));
  if (options.proxy_uids.empty() && options.proxy_gids.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(uid.setting, ": \"", uid.value,
                     "\" names nobody, so the proxy's own traffic would come back to it"));
  }
  return absl::OkStatus();
}

absl::Status ParseInbound(const Settings& settings, Options& options) {
  const Text ports = settings.Get("istio-inbound-ports");
  options.captures_inbound = !ports.value.empty();
  ASSIGN_OR_RETURN(options.inbound_ports, ParsePortSelection(ports.setting, ports.value));
  const Text excluded = settings.Get("istio-local-exclude-ports");
  ASSIGN_OR_RETURN(options.inbound_ports_excluded, ParsePorts(excluded.setting, excluded.value));
  const Text interfaces = settings.Get("kube-virt-interfaces");
  ASSIGN_OR_RETURN(options.virtual_interfaces,
                   ParseInterfaces(interfaces.setting, interfaces.value));
  const Text left_alone = settings.Get("istio-exclude-interfaces");
  ASSIGN_OR_RETURN(options.excluded_interfaces,
                   ParseInterfaces(left_alone.setting, left_alone.value));
  if (settings.Get("istio-inbound-interception-mode").value == "TPROXY")
    options.mode = InterceptionMode::kTproxy;
  return absl::OkStatus();
}

absl::Status ParseOutbound(const Settings& settings, Options& options) {
  const Text ranges = settings.Get("istio-service-cidr");
  ASSIGN_OR_RETURN(options.outbound_ranges, ParseRanges(ranges.setting, ranges.value));
  const Text excluded = settings.Get("istio-service-exclude-cidr");
  ASSIGN_OR_RETURN(AddressSelection left_alone, ParseRanges(excluded.setting, excluded.value));
  if (left_alone.all) {
    return absl::InvalidArgumentError(absl::StrCat(
        excluded.setting, ": \"*\" is not possible here; to redirect nothing outbound give -i ''"));
  }
  options.outbound_ranges_excluded = std::move(left_alone.ranges);
  const Text ports = settings.Get("istio-outbound-ports");
  ASSIGN_OR_RETURN(options.outbound_ports, ParsePorts(ports.setting, ports.value));
  const Text ports_excluded = settings.Get("istio-local-outbound-ports-exclude");
  ASSIGN_OR_RETURN(options.outbound_ports_excluded,
                   ParsePorts(ports_excluded.setting, ports_excluded.value));
  return absl::OkStatus();
}

absl::Status ParseVariables(const Settings& settings, const HostFacts& facts, Options& options) {
  const Text groups = settings.GetVariable("ISTIO_OUTBOUND_OWNER_GROUPS", "*");
  const Text exempt = settings.GetVariable("ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE", "");
  options.all_groups = groups.value == "*";
  if (options.all_groups) {
    ASSIGN_OR_RETURN(options.owner_groups,
                     ParseIds(exempt.setting, exempt.value, facts.groups, kListItemsMax));
  } else {
    ASSIGN_OR_RETURN(options.owner_groups,
                     ParseIds(groups.setting, groups.value, facts.groups, kOwnerGroupsMax));
  }
  const Text loopback = settings.GetVariable("ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR", "127.0.0.1/32");
  ASSIGN_OR_RETURN(options.loopback_range, ParseLoopbackRange(loopback.setting, loopback.value));
  return absl::OkStatus();
}

absl::Status ParseNumbers(const Settings& settings, Options& options) {
  const Text outbound = settings.Get("envoy-port");
  ASSIGN_OR_RETURN(options.proxy_port, ParsePort(outbound.setting, outbound.value));
  const Text inbound = settings.Get("inbound-capture-port");
  ASSIGN_OR_RETURN(options.inbound_capture_port, ParsePort(inbound.setting, inbound.value));
  const Text tunnel = settings.Get("inbound-tunnel-port");
  ASSIGN_OR_RETURN(options.inbound_tunnel_port, ParsePort(tunnel.setting, tunnel.value));
  const Text probe = settings.Get("iptables-probe-port");
  ASSIGN_OR_RETURN(options.probe_port, ParsePort(probe.setting, probe.value));
  const Text timeout = settings.Get("probe-timeout");
  ASSIGN_OR_RETURN(options.probe_timeout, ParseTimeout(timeout.setting, timeout.value));
  const Text mark = settings.Get("istio-inbound-tproxy-mark");
  ASSIGN_OR_RETURN(options.tproxy_mark, ParseNumber(mark.setting, mark.value, 0xffffffff));
  const Text table = settings.Get("istio-inbound-tproxy-route-table");
  ASSIGN_OR_RETURN(options.tproxy_route_table, ParseNumber(table.setting, table.value, 0xffffffff));
  return absl::OkStatus();
}

absl::Status ParseSwitches(const Settings& settings, ParsedOptions& parsed) {
  Options& options = parsed.options;
  bool reconcile = false;
  bool dual_stack = false;
  const std::pair<absl::string_view, bool*> switches[] = {
      {"dry-run", &options.dry_run},
      {"skip-rule-apply", &options.skip_rule_apply},
      {"run-validation", &options.run_validation},
      {"redirect-dns", &options.redirect_dns},
      {"capture-all-dns", &options.capture_all_dns},
      {"drop-invalid", &options.drop_invalid},
      {"cni-mode", &options.cni_mode},
      {"cleanup-only", &options.cleanup_only},
      {"force-apply", &options.force_apply},
      {"native-nftables", &options.native_nftables},
      // Nothing depends on it: rules made with other flags are always replaced.
      {"reconcile", &reconcile},
      {"dual-stack", &dual_stack},
  };
  for (const auto& [name, target] : switches) {
    RETURN_IF_ERROR(settings.Switch(name, *target, parsed.warnings));
  }
  options.ipv6 = dual_stack;
  options.network_namespace = settings.Get("network-namespace").value;
  const Text forced = settings.Get("force-iptables-binary");
  if (forced.value == "nft") options.forced_back_end = BackEnd::kNft;
  if (forced.value == "legacy") options.forced_back_end = BackEnd::kLegacy;
  if (!forced.value.empty() && !options.forced_back_end) {
    return absl::InvalidArgumentError(
        absl::StrCat(forced.setting, ": \"", forced.value, "\" is not legacy or nft"));
  }
  return absl::OkStatus();
}

bool IsLinkLocal(const config::IpAddress& address) {
  const uint8_t* bytes = address.bytes();
  if (address.is_ipv4())
    return (bytes[0] == 169 && bytes[1] == 254) ||
           (bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0);
  return (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
         (bytes[0] == 0xff && (bytes[1] & 0x0f) == 0x02);
}

// IPv6 rules are made if the pod's first address is IPv6, with --dual-stack if any is.
absl::Status DecideFamilies(const HostFacts& facts, Options& options) {
  const bool dual_stack = options.ipv6;
  options.ipv6 = false;
  for (const config::IpAddress& address : facts.addresses) {
    if (address.IsLoopback() || IsLinkLocal(address)) continue;
    if (!options.host_address) options.host_address = address;
    options.ipv6 = options.ipv6 || !address.is_ipv4();
    if (!dual_stack) break;
  }
  if (options.host_address || options.cleanup_only) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "no interface has an address other than loopback and link-local, so it cannot be known "
      "whether the pod uses IPv6; run "
      "this after the pod's network is set up");
}

}  // namespace

absl::StatusOr<ParsedOptions> ParseOptions(const FlagValues& flags, const HostFacts& facts) {
  RETURN_IF_ERROR(CheckSizes(flags, facts));
  const Settings settings(flags, facts);
  ParsedOptions parsed;
  RETURN_IF_ERROR(ParseSwitches(settings, parsed));
  RETURN_IF_ERROR(ParseNumbers(settings, parsed.options));
  RETURN_IF_ERROR(ParseProxyIds(settings, facts, parsed.options));
  RETURN_IF_ERROR(ParseInbound(settings, parsed.options));
  RETURN_IF_ERROR(ParseOutbound(settings, parsed.options));
  RETURN_IF_ERROR(ParseVariables(settings, facts, parsed.options));
  RETURN_IF_ERROR(DecideFamilies(facts, parsed.options));
  if (parsed.options.redirect_dns && !parsed.options.capture_all_dns) {
    parsed.options.dns_servers = ParseNameservers(facts.resolv_conf);
  }
  return parsed;
}

std::string NetworkNamespace(const FlagValues& flags, const HostFacts& facts) {
  return Settings(flags, facts).Get("network-namespace").value;
}

absl::Status RestrictToSupported(ParsedOptions& parsed) {
  Options& options = parsed.options;
  if (options.native_nftables) {
    return absl::UnimplementedError(
        "--native-nftables is not supported; without it the nft back end of iptables makes the "
        "same rules");
  }
  if (options.mode == InterceptionMode::kTproxy) {
    return absl::UnimplementedError(
        "interception mode TPROXY is not supported; use REDIRECT (annotation "
        "sidecar.istio.io/interceptionMode)");
  }
  if (options.redirect_dns) {
    parsed.warnings.emplace_back(
        "DNS capture is not supported: its rules are left out and DNS goes where it would without "
        "them");
    options.redirect_dns = false;
    options.capture_all_dns = false;
    options.dns_servers.clear();
  }
  return absl::OkStatus();
}

}  // namespace outrigger::iptables
