// SPDX-License-Identifier: Apache-2.0
#include "config/access_log_format.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace outrigger::config {
namespace {

// Sorted. What proxy/observe prints; a test holds the two together.
constexpr absl::string_view kKnownOperators[] = {
    "BYTES_RECEIVED",
    "BYTES_SENT",
    "CEL",
    "CLUSTER_METADATA",
    "COMMON_DURATION",
    "CONNECTION_ID",
    "CONNECTION_TERMINATION_DETAILS",
    "DOWNSTREAM_DIRECT_LOCAL_ADDRESS",
    "DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT",
    "DOWNSTREAM_DIRECT_LOCAL_PORT",
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS",
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT",
    "DOWNSTREAM_DIRECT_REMOTE_PORT",
    "DOWNSTREAM_LOCAL_ADDRESS",
    "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
    "DOWNSTREAM_LOCAL_PORT",
    "DOWNSTREAM_LOCAL_URI_SAN",
    "DOWNSTREAM_PEER_SUBJECT",
    "DOWNSTREAM_PEER_URI_SAN",
    "DOWNSTREAM_REMOTE_ADDRESS",
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
    "DOWNSTREAM_REMOTE_PORT",
    "DOWNSTREAM_TLS_CIPHER",
    "DOWNSTREAM_TLS_VERSION",
    "DOWNSTREAM_TRANSPORT_FAILURE_REASON",
    "DURATION",
    "DYNAMIC_METADATA",
    "EMIT_TIME",
    "ENVIRONMENT",
    "FILTER_CHAIN_NAME",
    "FILTER_STATE",
    "GRPC_STATUS",
    "GRPC_STATUS_NUMBER",
    "HOSTNAME",
    "LISTENER_NAME",
    "METADATA",
    "PROTOCOL",
    "REQ",
    "REQUESTED_SERVER_NAME",
    "REQUEST_DURATION",
    "RESP",
    "RESPONSE_CODE",
    "RESPONSE_CODE_DETAILS",
    "RESPONSE_DURATION",
    "RESPONSE_FLAGS",
    "RESPONSE_FLAGS_LONG",
    "RESPONSE_TX_DURATION",
    "ROUTE_NAME",
    "START_TIME",
    "TRAILER",
    "UPSTREAM_CLUSTER",
    "UPSTREAM_CLUSTER_RAW",
    "UPSTREAM_FILTER_STATE",
    "UPSTREAM_HOST",
    "UPSTREAM_HOSTS_ATTEMPTED",
    "UPSTREAM_HOST_NAME",
    "UPSTREAM_HOST_NAME_WITHOUT_PORT",
    "UPSTREAM_LOCAL_ADDRESS",
    "UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
    "UPSTREAM_LOCAL_PORT",
    "UPSTREAM_METADATA",
    "UPSTREAM_PEER_URI_SAN",
    "UPSTREAM_PROTOCOL",
    "UPSTREAM_REMOTE_ADDRESS",
    "UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
    "UPSTREAM_REMOTE_PORT",
    "UPSTREAM_TLS_CIPHER",
    "UPSTREAM_TLS_VERSION",
    "UPSTREAM_TRANSPORT_FAILURE_REASON",
    "VIRTUAL_CLUSTER_NAME",
};

bool IsNameCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isupper(byte) || absl::ascii_isdigit(byte) || c == '_';
}

// ":64%" or "%" at the front of `rest`: cut off, with the length stored. False if neither stands
// there.
bool ConsumeEnd(absl::string_view& rest, std::optional<uint32_t>& length_max) {
  absl::string_view tail = rest;
  if (!tail.empty() && tail.front() == ':') {
    const size_t end = tail.find('%');
    uint32_t length = 0;
    if (end == absl::string_view::npos || end < 2 ||
        !std::all_of(tail.begin() + 1, tail.begin() + static_cast<std::ptrdiff_t>(end),
                     [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }) ||
        !absl::SimpleAtoi(tail.substr(1, end - 1), &length)) {
      return false;
    }
    length_max = length;
    tail.remove_prefix(end);
  }
  if (tail.empty() || tail.front() != '%') return false;
  rest = tail.substr(1);
  return true;
}

// Reads one operator behind its first '%'. The argument may itself hold '%' and ')' (a strftime
// format): it ends at the first
// ')' that the operator's end follows.
bool ConsumeOperator(absl::string_view& rest, FormatPiece& piece) {
  const auto name_end = std::find_if_not(rest.begin(), rest.end(), IsNameCharacter);
  piece.operator_name = std::string(rest.begin(), name_end);
  if (piece.operator_name.empty()) return false;
  absl::string_view tail = rest.substr(piece.operator_name.size());
  if (tail.empty() || tail.front() != '(') {
    if (!ConsumeEnd(tail, piece.length_max)) return false;
    rest = tail;
    return true;
  }
  for (size_t close = tail.find(')'); close != absl::string_view::npos;
       close = tail.find(')', close + 1)) {
    absl::string_view behind = tail.substr(close + 1);
    if (!ConsumeEnd(behind, piece.length_max)) continue;
    piece.argument = std::string{tail.substr(1, close - 1)};
    rest = behind;
    return true;
  }
  return false;
}

void AppendLiteral(std::string& literal, Format& format) {
  if (literal.empty()) return;
  FormatPiece piece;
  piece.literal = std::exchange(literal, "");
  format.push_back(std::move(piece));
}

}  // namespace

absl::StatusOr<Format> ParseFormat(absl::string_view text) {
  Format format;
  std::string literal;
  absl::string_view rest = text;
  while (!rest.empty()) {
    const size_t percent = std::min(rest.find('%'), rest.size());
    literal.append(rest.data(), percent);
    rest.remove_prefix(percent);
    if (rest.empty()) break;
    const absl::string_view from_here = rest;
    rest.remove_prefix(1);
    if (!rest.empty() && rest.front() == '%') {
      literal += '%';
      rest.remove_prefix(1);
      continue;
    }
    FormatPiece piece;
    if (!ConsumeOperator(rest, piece)) {
      constexpr size_t kShown = 32;
      return absl::InvalidArgumentError(
          absl::StrCat("expected an operator such as %BYTES_SENT% or %FILTER_STATE(key:PLAIN):64% "
                       "(%% for a percent sign) at \"",
                       from_here.substr(0, kShown), "\""));
    }
    AppendLiteral(literal, format);
    format.push_back(std::move(piece));
  }
  AppendLiteral(literal, format);
  return format;
}

std::span<const absl::string_view> KnownOperators() { return kKnownOperators; }

bool IsKnownOperator(absl::string_view operator_name) {
  return std::binary_search(std::begin(kKnownOperators), std::end(kKnownOperators), operator_name);
}

}  // namespace outrigger::config
