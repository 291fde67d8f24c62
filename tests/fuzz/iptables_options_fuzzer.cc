// SPDX-License-Identifier: Apache-2.0
//
// Bytes -> flags, environment and facts -> options -> rules -> restore input. Whatever the input,
// the restore text may hold nothing but well-formed lines: a flag must not be able to add a rule of
// its own.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

#include "iptables/options.h"
#include "iptables/restore_format.h"
#include "iptables/rules.h"
#include "iptables/saved_state.h"
#include "proxy/base/check.h"

namespace outrigger::iptables {
namespace {

// The input is lines "name=value": a flag's name, a variable's name in capitals, or one of the
// facts below.
struct Input {
  FlagValues flags;
  HostFacts facts;
};

Input ParseInput(absl::string_view text) {
  Input input;
  // Entries end in NUL, so that values can hold newlines.
  for (const absl::string_view entry : absl::StrSplit(text, '\0')) {
    const size_t equals = entry.find('=');
    if (equals == absl::string_view::npos) continue;
    const std::string name(entry.substr(0, equals));
    const std::string value(entry.substr(equals + 1));
    const auto address = config::IpAddress::Parse(value);
    if (name == "@address" && address.ok()) input.facts.addresses.push_back(*address);
    if (name == "@resolv") input.facts.resolv_conf = value;
    if (!name.empty() && absl::ascii_isupper(static_cast<unsigned char>(name[0])))
      input.facts.environment[name] = value;
    for (const FlagSpec& spec : Flags()) {
      if (spec.name == name) input.flags[name] = value;
    }
  }
  input.facts.users = {{"daemon", 1}};
  input.facts.groups = {{"daemon", 1}};
  return input;
}

bool IsWellFormed(absl::string_view line) {
  for (const absl::string_view start : {"*nat", "*mangle", "*raw", "COMMIT"}) {
    if (line == start) return true;
  }
  for (const char c : line) {
    if (c < ' ' || c == '"' || c == '\'' || c == '\\' || c == '#') return false;
  }
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  return words.size() >= 2 && (words[0] == "-N" || words[0] == "-A" || words[0] == "-I") &&
         !words[1].empty();
}

void CheckFamily(const Options& options, Family family) {
  for (const TableRules& table : BuildRules(options, family)) {
    const std::string text = FormatTable(table, family);
    CHECK(absl::EndsWith(text, "\nCOMMIT\n"), text);
    size_t lines = 0;
    for (const absl::string_view line : absl::StrSplit(text.substr(0, text.size() - 1), '\n')) {
      CHECK(IsWellFormed(line), line);
      ++lines;
    }
    CHECK(lines == table.chains.size() + table.rules.size() + 2, text);
    // What is loaded and read back is what was wanted.
    const OwnRules wanted = WantedRules(table, family);
    CHECK(SameRules(wanted, wanted), text);
    const std::string change = FormatChange(TableName(table.table), wanted, {});
    CHECK(absl::EndsWith(change, "\nCOMMIT\n"), change);
  }
}

void TestOneInput(absl::string_view text) {
  const Input input = ParseInput(text);
  ParseSaved(text);
  auto parsed = ParseOptions(input.flags, input.facts);
  if (!parsed.ok()) return;
  for (const Family family : {Family::kIpv4, Family::kIpv6}) CheckFamily(parsed->options, family);
  if (RestrictToSupported(*parsed).ok()) CheckFamily(parsed->options, Family::kIpv4);
}

}  // namespace
}  // namespace outrigger::iptables

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  outrigger::iptables::TestOneInput({reinterpret_cast<const char*>(data), size});
  return 0;
}
