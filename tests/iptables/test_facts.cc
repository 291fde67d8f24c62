// SPDX-License-Identifier: Apache-2.0
#include "tests/iptables/test_facts.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "proxy/base/check.h"

namespace outrigger::iptables {
namespace {

const FlagSpec& SpecOfWord(absl::string_view word) {
  for (const FlagSpec& spec : Flags()) {
    const bool is_short =
        spec.short_name != 0 && word == absl::StrCat("-", std::string(1, spec.short_name));
    if (is_short || word == absl::StrCat("--", spec.name)) return spec;
  }
  CHECK(false, word);
  return Flags().front();
}

}  // namespace

FlagValues FlagsFromWords(const std::vector<std::string>& words) {
  FlagValues values;
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    const FlagSpec& spec = SpecOfWord(words[i].substr(0, equals));
    if (equals != std::string::npos) {
      values[std::string(spec.name)] = words[i].substr(equals + 1);
    } else if (spec.kind == FlagSpec::Kind::kSwitch) {
      values[std::string(spec.name)] = "true";
    } else {
      CHECK(i + 1 < words.size(), words[i]);
      values[std::string(spec.name)] = words[++i];
    }
  }
  return values;
}

HostFacts FactsWithAddresses(const std::vector<std::string>& addresses) {
  HostFacts facts;
  facts.addresses = {*config::IpAddress::Parse("127.0.0.1")};
  for (const std::string& address : addresses) {
    facts.addresses.push_back(*config::IpAddress::Parse(address.substr(0, address.find('/'))));
  }
  facts.users = {{"daemon", 1}, {"nobody", 65534}};
  facts.groups = {{"daemon", 1}, {"nogroup", 65534}};
  return facts;
}

}  // namespace outrigger::iptables
