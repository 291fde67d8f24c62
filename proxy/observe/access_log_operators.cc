// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/access_log_operators.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

#include "config/socket_address.h"
#include "proxy/base/limits.h"
#include "proxy/observe/time_format.h"
#include "proxy/observe/utf8.h"

namespace outrigger::observe {
namespace {

struct Input {
  const SessionRecord& record;
  absl::string_view argument;
  absl::string_view hostname;
};

OperatorValue Text(absl::string_view text) {
  if (text.empty()) return std::monostate();
  return std::string(text);
}

// Free text is one token of a line that is split at blanks, so blanks become '_' as in Envoy; a
// peer may have had a part in it, so it is cut.
OperatorValue Token(absl::string_view text) {
  return Text(absl::StrReplaceAll(CutUtf8(text, limits::kLoggedTextBytesMax), {{" ", "_"}}));
}

OperatorValue Address(const std::optional<config::SocketAddress>& address) {
  if (!address.has_value()) return std::monostate();
  return address->Format();
}

OperatorValue Ip(const std::optional<config::SocketAddress>& address) {
  if (!address.has_value()) return std::monostate();
  return address->ip().Format();
}

OperatorValue Port(const std::optional<config::SocketAddress>& address) {
  if (!address.has_value()) return std::monostate();
  return uint64_t{address->port()};
}

// The endpoint as the far end of a connection: there is none before it is connected.
std::optional<config::SocketAddress> ConnectedHost(const SessionRecord& record) {
  return record.upstream_local.has_value() ? record.upstream_host : std::nullopt;
}

// Envoy uses these two for HTTP only. For a TCP session they would say "client left" and "server
// left" at every normal end, and mesh dashboards would count that as failures.
std::vector<absl::string_view> ShownFlags(const SessionRecord& record) {
  return absl::StrSplit(record.response_flags, ',', [](absl::string_view flag) {
    return !flag.empty() && flag != "DC" && flag != "UC";
  });
}

// Not "nothing": Envoy prints "-" for no flags even in JSON.
OperatorValue Flags(const Input& input) {
  const std::vector<absl::string_view> flags = ShownFlags(input.record);
  return flags.empty() ? std::string("-") : absl::StrJoin(flags, ",");
}

absl::string_view LongFlagName(absl::string_view flag) {
  static constexpr std::pair<absl::string_view, absl::string_view> kNames[] = {
      {"DT", "DurationTimeout"},     {"NC", "NoClusterFound"},
      {"NR", "NoRouteFound"},        {"UF", "UpstreamConnectionFailure"},
      {"UH", "NoHealthyUpstream"},   {"UO", "UpstreamOverflow"},
      {"UR", "UpstreamRemoteReset"}, {"URX", "UpstreamRetryLimitExceeded"},
  };
  for (const auto& [letters, name] : kNames) {
    if (letters == flag) return name;
  }
  return flag;
}

OperatorValue LongFlags(const Input& input) {
  std::vector<absl::string_view> flags = ShownFlags(input.record);
  for (absl::string_view& flag : flags) flag = LongFlagName(flag);
  return flags.empty() ? std::string("-") : absl::StrJoin(flags, ",");
}

OperatorValue Environment(const Input& input) {
  const char* value = std::getenv(std::string(input.argument).c_str());
  return std::string(value == nullptr ? "-" : value);
}

OperatorValue FilterState(const Input& input) {
  const std::vector<absl::string_view> parts = absl::StrSplit(input.argument, ':');
  if (parts[0] != "outrigger.close_reason") return std::monostate();
  return Token(input.record.close_reason);
}

OperatorValue InUnit(std::chrono::milliseconds duration, absl::string_view unit) {
  const auto milliseconds = static_cast<uint64_t>(duration.count());
  if (unit == "ms" || unit.empty()) return milliseconds;
  if (unit == "us") return milliseconds * 1'000;
  if (unit == "ns") return milliseconds * 1'000'000;
  return std::monostate();
}

// COMMON_DURATION(START:END:UNIT), for the two spans whose ends a record holds.
OperatorValue CommonDuration(const Input& input) {
  const std::vector<absl::string_view> parts = absl::StrSplit(input.argument, ':');
  if (parts.size() < 2) return std::monostate();
  const absl::string_view unit = parts.size() > 2 ? parts[2] : "ms";
  if (parts[0] == "DS_CX_BEG" && parts[1] == "DS_CX_END") {
    return InUnit(input.record.duration, unit);
  }
  if (parts[0] == "US_CX_BEG" && parts[1] == "US_CX_END" &&
      input.record.connect_duration.has_value()) {
    return InUnit(*input.record.connect_duration, unit);
  }
  return std::monostate();
}

using Evaluate = OperatorValue (*)(const Input&);
using Table = absl::flat_hash_map<absl::string_view, Evaluate>;

void AddAddresses(Table& table) {
  table.insert({
      {"UPSTREAM_HOST", [](const Input& in) { return Address(in.record.upstream_host); }},
      {"UPSTREAM_HOST_NAME", [](const Input& in) { return Address(in.record.upstream_host); }},
      {"UPSTREAM_HOST_NAME_WITHOUT_PORT",
       [](const Input& in) { return Ip(in.record.upstream_host); }},
      {"UPSTREAM_HOSTS_ATTEMPTED",
       [](const Input& in) { return Address(in.record.upstream_host); }},
      {"UPSTREAM_REMOTE_ADDRESS",
       [](const Input& in) { return Address(ConnectedHost(in.record)); }},
      {"UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
       [](const Input& in) { return Ip(ConnectedHost(in.record)); }},
      {"UPSTREAM_REMOTE_PORT", [](const Input& in) { return Port(ConnectedHost(in.record)); }},
      {"UPSTREAM_LOCAL_ADDRESS", [](const Input& in) { return Address(in.record.upstream_local); }},
      {"UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
       [](const Input& in) { return Ip(in.record.upstream_local); }},
      {"UPSTREAM_LOCAL_PORT", [](const Input& in) { return Port(in.record.upstream_local); }},
      {"DOWNSTREAM_REMOTE_ADDRESS",
       [](const Input& in) { return Address(in.record.downstream_remote); }},
      {"DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
       [](const Input& in) { return Ip(in.record.downstream_remote); }},
      {"DOWNSTREAM_REMOTE_PORT", [](const Input& in) { return Port(in.record.downstream_remote); }},
      {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS",
       [](const Input& in) { return Address(in.record.downstream_remote); }},
      {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT",
       [](const Input& in) { return Ip(in.record.downstream_remote); }},
      {"DOWNSTREAM_DIRECT_REMOTE_PORT",
       [](const Input& in) { return Port(in.record.downstream_remote); }},
      {"DOWNSTREAM_LOCAL_ADDRESS",
       [](const Input& in) { return Address(in.record.downstream_local); }},
      {"DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
       [](const Input& in) { return Ip(in.record.downstream_local); }},
      {"DOWNSTREAM_LOCAL_PORT", [](const Input& in) { return Port(in.record.downstream_local); }},
      {"DOWNSTREAM_DIRECT_LOCAL_ADDRESS",
       [](const Input& in) { return Address(in.record.downstream_direct_local); }},
      {"DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT",
       [](const Input& in) { return Ip(in.record.downstream_direct_local); }},
      {"DOWNSTREAM_DIRECT_LOCAL_PORT",
       [](const Input& in) { return Port(in.record.downstream_direct_local); }},
  });
}

void AddTimesAndNumbers(Table& table) {
  table.insert({
      {"START_TIME",
       [](const Input& in) -> OperatorValue {
         return FormatTime(in.record.start_time, in.argument);
       }},
      // The end of the session is when its line is made.
      {"EMIT_TIME",
       [](const Input& in) -> OperatorValue {
         return FormatTime(in.record.start_time + in.record.duration, in.argument);
       }},
      {"DURATION", [](const Input& in) { return InUnit(in.record.duration, "ms"); }},
      {"COMMON_DURATION", CommonDuration},
      {"BYTES_RECEIVED", [](const Input& in) -> OperatorValue { return in.record.bytes_received; }},
      {"BYTES_SENT", [](const Input& in) -> OperatorValue { return in.record.bytes_sent; }},
      {"CONNECTION_ID", [](const Input& in) -> OperatorValue { return in.record.connection_id; }},
      // HTTP's, but TCP sessions print 0 there, not "-".
      {"RESPONSE_CODE", [](const Input&) -> OperatorValue { return uint64_t{0}; }},
  });
}

void AddTexts(Table& table) {
  table.insert({
      {"RESPONSE_FLAGS", Flags},
      {"RESPONSE_FLAGS_LONG", LongFlags},
      {"RESPONSE_CODE_DETAILS",
       [](const Input& in) { return Token(in.record.response_code_details); }},
      {"CONNECTION_TERMINATION_DETAILS",
       [](const Input& in) { return Token(in.record.connection_termination_details); }},
      {"UPSTREAM_TRANSPORT_FAILURE_REASON",
       [](const Input& in) { return Token(in.record.upstream_transport_failure_reason); }},
      {"UPSTREAM_CLUSTER",
       [](const Input& in) {
         return Text(in.record.cluster_stat_name.empty() ? in.record.cluster
                                                         : in.record.cluster_stat_name);
       }},
      {"UPSTREAM_CLUSTER_RAW", [](const Input& in) { return Text(in.record.cluster); }},
      {"FILTER_CHAIN_NAME", [](const Input& in) { return Text(in.record.filter_chain); }},
      {"LISTENER_NAME", [](const Input& in) { return Text(in.record.listener); }},
      {"HOSTNAME", [](const Input& in) { return Text(in.hostname); }},
      {"ENVIRONMENT", Environment},
      {"FILTER_STATE", FilterState},
  });
}

const Table& Operators() {
  static const Table* table = [] {
    auto* made = new Table;
    AddAddresses(*made);
    AddTimesAndNumbers(*made);
    AddTexts(*made);
    return made;
  }();
  return *table;
}

// Operators of Envoy's that are about HTTP, TLS or metadata: accepted without a warning, and never
// applicable to our sessions.
bool NeverApplies(absl::string_view name) {
  static constexpr absl::string_view kNames[] = {"REQ",
                                                 "RESP",
                                                 "TRAILER",
                                                 "PROTOCOL",
                                                 "ROUTE_NAME",
                                                 "REQUESTED_SERVER_NAME",
                                                 "DYNAMIC_METADATA",
                                                 "CLUSTER_METADATA",
                                                 "UPSTREAM_METADATA",
                                                 "METADATA",
                                                 "GRPC_STATUS",
                                                 "GRPC_STATUS_NUMBER",
                                                 "VIRTUAL_CLUSTER_NAME",
                                                 "REQUEST_DURATION",
                                                 "RESPONSE_DURATION",
                                                 "RESPONSE_TX_DURATION",
                                                 "DOWNSTREAM_PEER_URI_SAN",
                                                 "DOWNSTREAM_LOCAL_URI_SAN",
                                                 "UPSTREAM_PEER_URI_SAN",
                                                 "DOWNSTREAM_PEER_SUBJECT",
                                                 "DOWNSTREAM_TLS_VERSION",
                                                 "DOWNSTREAM_TLS_CIPHER",
                                                 "DOWNSTREAM_TRANSPORT_FAILURE_REASON",
                                                 "UPSTREAM_FILTER_STATE",
                                                 "UPSTREAM_PROTOCOL",
                                                 "UPSTREAM_TLS_VERSION",
                                                 "UPSTREAM_TLS_CIPHER",
                                                 "CEL"};
  for (const absl::string_view known : kNames) {
    if (known == name) return true;
  }
  return false;
}

}  // namespace

bool IsKnownOperator(absl::string_view name) {
  return Operators().contains(name) || NeverApplies(name);
}

OperatorValue EvaluateOperator(const config::FormatPiece& piece, const SessionRecord& record,
                               absl::string_view hostname) {
  const auto found = Operators().find(piece.operator_name);
  if (found == Operators().end()) return std::monostate();
  OperatorValue value = found->second({record, piece.argument, hostname});
  if (auto* text = std::get_if<std::string>(&value); text != nullptr && piece.length_max) {
    text->resize(CutUtf8(*text, *piece.length_max).size());
  }
  return value;
}

}  // namespace outrigger::observe
