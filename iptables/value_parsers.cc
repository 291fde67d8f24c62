// SPDX-License-Identifier: Apache-2.0
#include "iptables/value_parsers.h"

#include <net/if.h>

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"

#include "proxy/base/limits.h"
#include "proxy/base/status_macros.h"

namespace outrigger::iptables {
namespace {

// Highest id; the one above it means "no change" to the kernel.
constexpr uint32_t kIdMax = 4294967294;

absl::Status Mistake(absl::string_view setting, absl::string_view item,
                     absl::string_view expected) {
  const std::string shown = absl::CEscape(item.substr(0, limits::kLoggedTextBytesMax));
  return absl::InvalidArgumentError(absl::StrCat(setting, ": \"", shown, "\" is not ", expected));
}

absl::Status CheckCount(absl::string_view setting, size_t count, size_t count_max) {
  if (count <= count_max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(setting, ": has ", count, " items, at most ", count_max, " are possible"));
}

// Digits only: absl::SimpleAtoi alone also takes blanks and signs.
template <typename Number>
bool ParseDigits(absl::string_view text, Number max, Number& value) {
  uint64_t wide = 0;
  const bool digits =
      !text.empty() && text.size() <= 10 && std::all_of(text.begin(), text.end(), [](char c) {
        return absl::ascii_isdigit(static_cast<unsigned char>(c));
      });
  if (!digits || !absl::SimpleAtoi(text, &wide) || wide > max) return false;
  value = static_cast<Number>(wide);
  return true;
}

bool ParsePortRange(absl::string_view text, PortRange& range) {
  const size_t colon = text.find(':');
  if (!ParseDigits<uint16_t>(text.substr(0, colon), 65535, range.first)) return false;
  if (colon == absl::string_view::npos) {
    range.last = range.first;
    return true;
  }
  return ParseDigits<uint16_t>(text.substr(colon + 1), 65535, range.last) &&
         range.first <= range.last;
}

bool ParseIdRange(absl::string_view text, const NameTable& names, IdRange& range) {
  if (const auto known = names.find(text); known != names.end()) {
    range = {known->second, known->second};
    return true;
  }
  const size_t dash = text.find('-');
  if (!ParseDigits<uint32_t>(text.substr(0, dash), kIdMax, range.first)) return false;
  if (dash == absl::string_view::npos) {
    range.last = range.first;
    return true;
  }
  return ParseDigits<uint32_t>(text.substr(dash + 1), kIdMax, range.last) &&
         range.first <= range.last;
}

// The address as it was written is asked for, before the bits beyond the length are cleared:
// 127.0.0.1/4 counts as loopback.
struct WrittenRange {
  config::Cidr range;
  bool is_loopback = false;
};

std::optional<WrittenRange> ParseRange(absl::string_view text) {
  const size_t slash = text.find('/');
  if (slash == absl::string_view::npos) return std::nullopt;
  const absl::string_view length = text.substr(slash + 1);
  if (length.size() > 1 && length[0] == '0') return std::nullopt;
  const auto address = config::IpAddress::Parse(text.substr(0, slash));
  const auto range = config::Cidr::Parse(text);
  if (!address.ok() || !range.ok()) return std::nullopt;
  // IPv4 written as IPv6 has no rule that would mean the same.
  if (address->is_ipv4() != (text.find(':') == absl::string_view::npos)) return std::nullopt;
  return WrittenRange{*range, address->IsLoopback()};
}

bool IsInterfaceName(absl::string_view name) {
  if (name.size() >= IFNAMSIZ || name[0] == '-' || name[0] == '!' || name == "+") return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c)) && c != '/' && c != '"' &&
           c != '\'' && c != '\\' && c != ',';
  });
}

}  // namespace

std::vector<absl::string_view> SplitList(absl::string_view text) {
  return absl::StrSplit(text, ',', absl::SkipEmpty());
}

absl::StatusOr<uint16_t> ParsePort(absl::string_view setting, absl::string_view text) {
  uint16_t port = 0;
  if (!ParseDigits<uint16_t>(text, 65535, port) || port == 0)
    return Mistake(setting, text, "a port from 1 to 65535");
  return port;
}

absl::StatusOr<std::vector<PortRange>> ParsePorts(absl::string_view setting,
                                                  absl::string_view text) {
  const std::vector<absl::string_view> items = SplitList(text);
  RETURN_IF_ERROR(CheckCount(setting, items.size(), kListItemsMax));
  std::vector<PortRange> ports;
  for (const absl::string_view item : items) {
    PortRange range;
    if (!ParsePortRange(absl::StripAsciiWhitespace(item), range)) {
      return Mistake(setting, item, "a port from 0 to 65535 or a range like 8000:8100");
    }
    ports.push_back(range);
  }
  return ports;
}

absl::StatusOr<PortSelection> ParsePortSelection(absl::string_view setting,
                                                 absl::string_view text) {
  if (text == "*") return PortSelection{.all = true};
  ASSIGN_OR_RETURN(std::vector<PortRange> ports, ParsePorts(setting, text));
  return PortSelection{.ports = std::move(ports)};
}

absl::StatusOr<std::vector<IdRange>> ParseIds(absl::string_view setting, absl::string_view text,
                                              const NameTable& names, size_t items_max) {
  const std::vector<absl::string_view> items = SplitList(text);
  RETURN_IF_ERROR(CheckCount(setting, items.size(), items_max));
  std::vector<IdRange> ids;
  for (const absl::string_view item : items) {
    IdRange range;
    if (!ParseIdRange(item, names, range)) {
      return Mistake(
          setting, item,
          "an id from 0 to 4294967294, a range like 1000-1999 or a name known on this machine");
    }
    ids.push_back(range);
  }
  return ids;
}

absl::StatusOr<AddressSelection> ParseRanges(absl::string_view setting, absl::string_view text) {
  AddressSelection selection;
  if (text == "*") {
    selection.all = true;
    return selection;
  }
  const std::vector<absl::string_view> items = SplitList(text);
  RETURN_IF_ERROR(CheckCount(setting, items.size(), kListItemsMax));
  for (const absl::string_view item : items) {
    const std::optional<WrittenRange> written = ParseRange(item);
    if (!written) return Mistake(setting, item, "an address range like 10.0.0.0/8 or fd00::/8");
    selection.ranges.push_back(written->range);
    selection.has_loopback = selection.has_loopback || written->is_loopback;
  }
  return selection;
}

absl::StatusOr<config::Cidr> ParseLoopbackRange(absl::string_view setting, absl::string_view text) {
  const std::optional<WrittenRange> written = ParseRange(text);
  const bool fits = written && written->range.prefix().is_ipv4() && written->is_loopback &&
                    written->range.prefix_length() >= 8;
  if (!fits)
    return Mistake(setting, text, "an IPv4 loopback range like 127.0.0.1/32 or 127.0.0.0/8");
  return written->range;
}

absl::StatusOr<std::vector<std::string>> ParseInterfaces(absl::string_view setting,
                                                         absl::string_view text) {
  const std::vector<absl::string_view> items = SplitList(text);
  RETURN_IF_ERROR(CheckCount(setting, items.size(), kListItemsMax));
  std::vector<std::string> names;
  for (const absl::string_view item : items) {
    const absl::string_view name = absl::StripAsciiWhitespace(item);
    if (name.empty() || !IsInterfaceName(name)) {
      return Mistake(setting, item,
                     "an interface name of at most 15 characters, like eth1 or tap+");
    }
    names.emplace_back(name);
  }
  return names;
}

absl::StatusOr<uint32_t> ParseNumber(absl::string_view setting, absl::string_view text,
                                     uint32_t max) {
  uint32_t number = 0;
  if (!ParseDigits<uint32_t>(text, max, number) || number == 0) {
    return Mistake(setting, text, absl::StrCat("a number from 1 to ", max));
  }
  return number;
}

absl::StatusOr<std::chrono::milliseconds> ParseTimeout(absl::string_view setting,
                                                       absl::string_view text) {
  absl::Duration duration;
  if (!absl::ParseDuration(std::string(text), &duration) || duration < absl::Milliseconds(1) ||
      duration > absl::Hours(1)) {
    return Mistake(setting, text, "a duration from 1ms to 1h, like 5s or 500ms");
  }
  return absl::ToChronoMilliseconds(duration);
}

std::optional<bool> ParseBoolean(absl::string_view text) {
  for (const absl::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == yes) return true;
  }
  for (const absl::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

std::vector<config::IpAddress> ParseNameservers(absl::string_view resolv_conf) {
  std::vector<config::IpAddress> servers;
  for (const absl::string_view line : absl::StrSplit(resolv_conf, '\n')) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.size() < 2 || words[0] != "nameserver") continue;
    const auto address = config::IpAddress::Parse(words[1]);
    if (address.ok() && servers.size() < kListItemsMax) servers.push_back(*address);
  }
  return servers;
}

}  // namespace outrigger::iptables
