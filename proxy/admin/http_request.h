// SPDX-License-Identifier: Apache-2.0
//
// What a request to the admin port is, and the pure part of receiving one: nothing here knows of
// sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace outrigger::admin {

enum class Method : uint8_t { kGet, kHead, kPost };
// Empty: a method that no endpoint has.
std::optional<Method> ParseMethod(absl::string_view text);

// The request's target, split and with its %XX decoded. '+' stays '+': Envoy and its clients put
// regular expressions here as they are. Bytes may be anything, not only UTF-8.
struct Target {
  std::string path;  // "/stats"
  std::vector<std::pair<std::string, std::string>>
      query;  // in order; a key without '=' has an empty value

  bool Has(absl::string_view key) const;
  // The first value of `key`; empty if absent.
  absl::string_view Get(absl::string_view key) const;
};

// More parameters than any endpoint has; what comes after is not looked at.
inline constexpr size_t kQueryParametersMax = 32;

// "/stats?format=json&usedonly". Takes anything: bad escapes stay as they are.
Target ParseTarget(absl::string_view target);

// Whether a Host header may pass: an address literal or `localhost`, with or without a port. A name
// is how a web page that has re-bound its own name to 127.0.0.1 would reach us through somebody's
// browser.
bool IsAllowedHost(absl::string_view host);

// Whether an Origin header (sent by browsers with a POST) is that of a page we served ourselves:
// its host is `host`.
bool IsSameOrigin(absl::string_view origin, absl::string_view host);

struct HttpRequest {
  Method method = Method::kGet;
  Target target;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=UTF-8";
  std::string body;
  std::string allow;  // for 405: the methods that would be right
};

HttpResponse TextResponse(std::string body, unsigned status = 200);
HttpResponse JsonResponse(std::string body);

}  // namespace outrigger::admin
