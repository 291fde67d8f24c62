// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/prometheus.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

#include "proxy/observe/utf8.h"

namespace outrigger::observe {
namespace {

bool IsIpv4Character(char c) { return absl::ascii_isdigit(c) || c == '.'; }
bool IsIpv6Character(char c) { return absl::ascii_isxdigit(c) || c == '_'; }

// Length of `10.0.0.1_80` or `[fd00__1]_80` at the start of `text`, if a dot follows; else 0. This
// is the one label value that may hold dots.
size_t AddressLength(absl::string_view text) {
  size_t i = 0;
  if (absl::StartsWith(text, "[")) {
    for (i = 1; i < text.size() && IsIpv6Character(text[i]);) ++i;
    if (i == 1 || i >= text.size() || text[i] != ']') return 0;
    ++i;
  } else {
    while (i < text.size() && IsIpv4Character(text[i])) ++i;
    if (std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(i), '.') != 3) return 0;
  }
  if (i >= text.size() || text[i] != '_') return 0;
  const size_t port = ++i;
  while (i < text.size() && absl::ascii_isdigit(text[i])) ++i;
  if (i == port || i >= text.size() || text[i] != '.') return 0;
  return i;
}

std::string SanitizeMetricName(absl::string_view name) {
  std::string sanitized(name);
  for (char& c : sanitized) {
    if (!absl::ascii_isalnum(c)) c = '_';
  }
  return sanitized;
}

// Numbers of our own are not Envoy's and say so.
std::string MetricName(absl::string_view base) {
  const absl::string_view prefix = absl::StartsWith(base, "outrigger.") ? "" : "envoy_";
  return absl::StrCat(prefix, SanitizeMetricName(base));
}

std::string EscapeLabelValue(absl::string_view value) {
  std::string escaped;
  for (const char c : ReplaceInvalidUtf8(value)) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string FormatLabels(const TaggedName& tagged) {
  return absl::StrJoin(tagged.labels, ",", [](std::string* out, const auto& label) {
    absl::StrAppend(out, label.first, "=\"", EscapeLabelValue(label.second), "\"");
  });
}

// Values by label text. Names that differ only in characters that a metric name cannot hold meet
// here and are added up: the same series twice would make Prometheus refuse the whole scrape.
using Family = std::map<std::string, uint64_t>;
using Families = std::map<std::string, Family>;

Families GroupByMetric(const std::vector<Sample>& samples, CounterKind kind) {
  Families families;
  for (const Sample& sample : samples) {
    if (sample.kind != kind) continue;
    const TaggedName tagged = ExtractTags(sample.name);
    families[MetricName(tagged.base)][FormatLabels(tagged)] += sample.value;
  }
  return families;
}

void AppendFamilies(const Families& families, absl::string_view type, std::string& text) {
  for (const auto& [metric, family] : families) {
    absl::StrAppend(&text, "# TYPE ", metric, " ", type, "\n");
    for (const auto& [labels, value] : family) {
      absl::StrAppend(&text, metric, "{", labels, "} ", value, "\n");
    }
    text += "\n";
  }
}

}  // namespace

TaggedName ExtractTags(absl::string_view name) {
  struct Rule {
    absl::string_view kind;
    absl::string_view label;
  };
  static constexpr Rule kRules[] = {{"cluster", "envoy_cluster_name"},
                                    {"listener", "envoy_listener_address"},
                                    {"tcp", "envoy_tcp_prefix"}};
  for (const Rule& rule : kRules) {
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, rule.kind) || !absl::ConsumePrefix(&rest, ".")) continue;
    size_t length = rule.kind == "listener" ? AddressLength(rest) : 0;
    if (length == 0) length = rest.find('.');
    if (length == 0 || length == absl::string_view::npos) break;
    const absl::string_view value = rest.substr(0, length);
    // Envoy leaves its admin listener out of the rule.
    if (rule.kind == "listener" && value == "admin") break;
    return {absl::StrCat(rule.kind, rest.substr(length)),
            {{std::string(rule.label), std::string(value)}}};
  }
  return {std::string(name), {}};
}

std::string FormatPrometheus(const std::vector<Sample>& samples) {
  const Families counters = GroupByMetric(samples, CounterKind::kCounter);
  Families gauges = GroupByMetric(samples, CounterKind::kGauge);
  // One name has one type, or the scrape is refused. Only a cluster named after a statistic gets
  // here.
  for (const auto& [metric, family] : counters) gauges.erase(metric);
  std::string text;
  AppendFamilies(counters, "counter", text);
  AppendFamilies(gauges, "gauge", text);
  return text;
}

}  // namespace outrigger::observe
