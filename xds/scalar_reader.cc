// SPDX-License-Identifier: Apache-2.0
#include "xds/scalar_reader.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

namespace outrigger::xds {
namespace {

// google.protobuf.Duration's own bound.
constexpr int64_t kDurationSecondsMax = 315'576'000'000;
constexpr size_t kNanosDigits = 9;

bool AllDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

bool IsPlainDecimal(absl::string_view digits) {
  return AllDigits(digits) && (digits.size() == 1 || digits.front() != '0');
}

// JSON's grammar of numbers; SimpleAtod alone takes blanks, "+1", ".5" and hexadecimal too.
bool IsJsonNumber(absl::string_view text) {
  absl::ConsumePrefix(&text, "-");
  const size_t whole_end = std::min(text.find_first_of(".eE"), text.size());
  if (!IsPlainDecimal(text.substr(0, whole_end))) return false;
  text.remove_prefix(whole_end);
  if (absl::ConsumePrefix(&text, ".")) {
    const size_t fraction_end = std::min(text.find_first_of("eE"), text.size());
    if (!AllDigits(text.substr(0, fraction_end))) return false;
    text.remove_prefix(fraction_end);
  }
  if (text.empty()) return true;
  text.remove_prefix(1);
  if (!absl::ConsumePrefix(&text, "-")) absl::ConsumePrefix(&text, "+");
  return AllDigits(text);
}

}  // namespace

std::optional<int64_t> ParseSigned(absl::string_view text) {
  absl::string_view digits = text;
  absl::ConsumePrefix(&digits, "-");
  int64_t number = 0;
  if (!IsPlainDecimal(digits) || !absl::SimpleAtoi(text, &number)) return std::nullopt;
  return number;
}

std::optional<uint64_t> ParseUnsigned(absl::string_view text) {
  uint64_t number = 0;
  if (!IsPlainDecimal(text) || !absl::SimpleAtoi(text, &number)) return std::nullopt;
  return number;
}

std::optional<double> ParseDouble(absl::string_view text) {
  double number = 0;
  const bool named = text == "NaN" || text == "Infinity" || text == "-Infinity";
  if ((!named && !IsJsonNumber(text)) || !absl::SimpleAtod(text, &number)) return std::nullopt;
  return number;
}

std::optional<bool> ParseBool(absl::string_view text) {
  for (const char* word : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"}) {
    if (text == word) return true;
  }
  for (const char* word : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

std::optional<SecondsAndNanos> ParseDuration(absl::string_view text) {
  if (!absl::ConsumeSuffix(&text, "s")) return std::nullopt;
  const int sign = absl::ConsumePrefix(&text, "-") ? -1 : 1;
  const size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  SecondsAndNanos duration;
  if (!AllDigits(whole) || !absl::SimpleAtoi(whole, &duration.seconds)) return std::nullopt;
  if (point != absl::string_view::npos) {
    const absl::string_view fraction = text.substr(point + 1);
    if (!AllDigits(fraction) || fraction.size() > kNanosDigits) return std::nullopt;
    std::string nanos(fraction);
    nanos.resize(kNanosDigits, '0');
    if (!absl::SimpleAtoi(nanos, &duration.nanos)) return std::nullopt;
  }
  if (duration.seconds > kDurationSecondsMax) return std::nullopt;
  duration.seconds *= sign;
  duration.nanos *= sign;
  return duration;
}

std::optional<SecondsAndNanos> ParseTimestamp(absl::string_view text) {
  absl::Time time;
  std::string error;
  if (text.empty() || !absl::ParseTime(absl::RFC3339_full, text, &time, &error))
    return std::nullopt;
  if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) return std::nullopt;
  const int64_t seconds = absl::ToUnixSeconds(time);
  const absl::Duration rest = time - absl::FromUnixSeconds(seconds);
  return SecondsAndNanos{seconds, static_cast<int32_t>(absl::ToInt64Nanoseconds(rest))};
}

bool LooksLikeOtherType(const YamlNode& scalar) {
  if (scalar.quoted) return false;
  return ParseDouble(scalar.text).has_value() || scalar.text == "true" || scalar.text == "false";
}

}  // namespace outrigger::xds
