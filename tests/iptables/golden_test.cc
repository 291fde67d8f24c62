// SPDX-License-Identifier: Apache-2.0
//
// The rules that we build against those that Istio's own pilot-agent made for the same flags and
// environment, as recorded by tests/golden/iptables/record.py.
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "iptables/restore_format.h"
#include "iptables/rules.h"
#include "tests/iptables/test_facts.h"

#include <nlohmann/json.hpp>

namespace outrigger::iptables {
namespace {

using Json = nlohmann::json;
// Table -> chain -> rules.
using Saved = std::map<std::string, std::map<std::string, std::vector<std::string>>>;

struct Golden {
  std::vector<std::vector<std::string>> pool;
  std::vector<Json> cases;
};

Golden ReadGolden() {
  Golden golden;
  std::ifstream file(OUTRIGGER_GOLDEN_FILE);
  std::string line;
  std::getline(file, line);
  std::string pool;
  while (std::getline(file, line) && !line.empty()) pool += line;
  golden.pool = Json::parse(pool).get<std::vector<std::vector<std::string>>>();
  while (std::getline(file, line)) golden.cases.push_back(Json::parse(line));
  return golden;
}

Saved Expected(const Golden& golden, const Json& tables) {
  Saved saved;
  for (const auto& [table, chains] : tables.items()) {
    for (const auto& [chain, place] : chains.items())
      saved[table][chain] = golden.pool.at(place.get<size_t>());
  }
  return saved;
}

Saved Built(const Options& options, Family family) {
  Saved saved;
  for (const TableRules& table : BuildRules(options, family)) {
    auto& chains = saved[std::string(TableName(table.table))];
    for (const std::string& chain : table.chains) chains[chain];
    for (const Rule& rule : table.rules) chains[rule.chain].push_back(FormatRule(rule, family));
  }
  return saved;
}

TEST(GoldenTest, RulesAreThoseOfIstio) {
  const Golden golden = ReadGolden();
  ASSERT_GT(golden.cases.size(), 300U);
  for (const Json& recorded : golden.cases) {
    SCOPED_TRACE(recorded["name"].get<std::string>());
    HostFacts facts = FactsWithAddresses(recorded["addresses"].get<std::vector<std::string>>());
    facts.environment = recorded["env"].get<std::map<std::string, std::string, std::less<>>>();
    facts.resolv_conf = recorded.value("resolv", "");

    const auto parsed =
        ParseOptions(FlagsFromWords(recorded["args"].get<std::vector<std::string>>()), facts);

    ASSERT_TRUE(parsed.ok()) << parsed.status();
    for (const char* back_end : {"nft", "legacy"}) {
      const Json& result = recorded.contains("same") ? recorded["same"] : recorded[back_end];
      ASSERT_EQ(result["exit"].get<int>(), 0);
      EXPECT_EQ(Built(parsed->options, Family::kIpv4), Expected(golden, result["v4"]));
      EXPECT_EQ(Built(parsed->options, Family::kIpv6), Expected(golden, result["v6"]));
      EXPECT_EQ(parsed->options.ipv6, result["lo"].get<bool>());
    }
  }
}

}  // namespace
}  // namespace outrigger::iptables
