// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/http_request.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "config/socket_address.h"

namespace outrigger::admin {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string Unescape(absl::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        plain += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    plain += text[i];
  }
  return plain;
}

bool IsPort(absl::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<Method> ParseMethod(absl::string_view text) {
  if (text == "GET") return Method::kGet;
  if (text == "HEAD") return Method::kHead;
  if (text == "POST") return Method::kPost;
  return std::nullopt;
}

bool Target::Has(absl::string_view key) const {
  return std::any_of(query.begin(), query.end(),
                     [&](const auto& entry) { return entry.first == key; });
}

absl::string_view Target::Get(absl::string_view key) const {
  for (const auto& [name, value] : query) {
    if (name == key) return value;
  }
  return {};
}

Target ParseTarget(absl::string_view target) {
  Target parsed;
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(target, absl::MaxSplits('?', 1));
  parsed.path = Unescape(parts.first);
  for (const absl::string_view entry : absl::StrSplit(parts.second, '&', absl::SkipEmpty())) {
    if (parsed.query.size() == kQueryParametersMax) break;
    const std::pair<absl::string_view, absl::string_view> key_value =
        absl::StrSplit(entry, absl::MaxSplits('=', 1));
    parsed.query.emplace_back(Unescape(key_value.first), Unescape(key_value.second));
  }
  return parsed;
}

bool IsAllowedHost(absl::string_view host) {
  if (absl::ConsumePrefix(&host, "[")) {
    const size_t end = host.find(']');
    if (end == absl::string_view::npos) return false;
    const auto ip = config::IpAddress::Parse(host.substr(0, end));
    host.remove_prefix(end + 1);
    return ip.ok() && (host.empty() || (absl::ConsumePrefix(&host, ":") && IsPort(host)));
  }
  const size_t colon = host.find(':');
  if (colon != absl::string_view::npos) {
    if (!IsPort(host.substr(colon + 1))) return false;
    host = host.substr(0, colon);
  }
  if (absl::EqualsIgnoreCase(host, "localhost")) return true;
  return config::IpAddress::Parse(host).ok();
}

bool IsSameOrigin(absl::string_view origin, absl::string_view host) {
  return absl::ConsumePrefix(&origin, "http://") && absl::EqualsIgnoreCase(origin, host);
}

HttpResponse TextResponse(std::string body, unsigned status) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

HttpResponse JsonResponse(std::string body) {
  HttpResponse response;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

}  // namespace outrigger::admin
