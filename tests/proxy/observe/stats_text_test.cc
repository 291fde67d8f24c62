// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/stats_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "absl/strings/str_split.h"

#include "proxy/observe/prometheus.h"

namespace outrigger::observe {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(StatsStoreTest, FindsABlockAgainUnderItsName) {
  StatsStore store(3);
  store.Listener("0.0.0.0_15006")->at(0).downstream_cx_total.Add(2);
  store.Listener("0.0.0.0_15006")->at(2).downstream_cx_total.Add();

  EXPECT_EQ(store.Listener("0.0.0.0_15006")->Sum(&ListenerCounters::downstream_cx_total), 3U);
  EXPECT_EQ(store.listeners().size(), 1U);
}

TEST(StatsStoreTest, ReadsWhileWorkersCount) {
  constexpr uint64_t kConnections = 20'000;
  StatsStore store(2);
  const auto block = store.Cluster("web");
  const auto count = [&](size_t worker) {
    for (uint64_t i = 0; i < kConnections; ++i) {
      block->at(worker).upstream_cx_total.Add();
      block->at(worker).upstream_cx_active.Add();
      block->at(worker).upstream_cx_active.Subtract();
    }
  };
  std::thread first(count, 0);
  std::thread second(count, 1);
  uint64_t last = 0;
  while (last < 2 * kConnections) {
    const uint64_t now = block->Sum(&ClusterCounters::upstream_cx_total);
    ASSERT_GE(now, last);
    last = now;
    EXPECT_FALSE(CollectSamples(store, {}).empty());
  }
  first.join();
  second.join();

  EXPECT_EQ(block->Sum(&ClusterCounters::upstream_cx_active), 0U);
}

// A member that is missing in its table would count and never be seen. Each member stands in a
// cache line of its block, so the number of members follows from where the last one ends.
template <typename T>
void ExpectEveryMemberIsNamed(const std::vector<CounterField<T>>& fields) {
  std::set<absl::string_view> names;
  std::set<const Counter*> members;
  const T block;
  const auto* begin = reinterpret_cast<const Counter*>(&block);
  size_t end = 0;
  for (const auto& field : fields) {
    EXPECT_TRUE(names.empty() || *names.rbegin() < field.name) << field.name;
    names.insert(field.name);
    members.insert(&(block.*field.member));
    end = std::max(end, static_cast<size_t>(&(block.*field.member) - begin) + 1);
  }
  EXPECT_EQ(members.size(), fields.size());
  EXPECT_EQ(members.size(), end);
}

TEST(CounterFieldsTest, NameEveryMemberInOrder) {
  ExpectEveryMemberIsNamed(ListenerFields());
  ExpectEveryMemberIsNamed(ClusterFields());
  ExpectEveryMemberIsNamed(TcpProxyFields());
  ExpectEveryMemberIsNamed(WorkerFields());
}

class StatsTextTest : public ::testing::Test {
 protected:
  std::string Stats() { return FormatStats(CollectSamples(store_, numbers_)); }
  std::string Prometheus() { return FormatPrometheus(CollectSamples(store_, numbers_)); }

  StatsStore store_{1};
  ServerNumbers numbers_;
};

TEST_F(StatsTextTest, PrintsSortedLinesOfTwoParts) {
  store_.Cluster("outbound|2181||zk.default.svc.cluster.local");
  store_.Listener("[fd00::1]:80");
  store_.TcpProxy("sp");
  const std::string text = Stats();

  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  EXPECT_EQ(lines.back(), "");
  lines.pop_back();
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end()));
  // The agent splits at ':' and wants exactly two parts.
  for (const std::string& line : lines) {
    EXPECT_EQ(std::count(line.begin(), line.end(), ':'), 1) << line;
  }
}

TEST_F(StatsTextTest, PrintsTheNamesThatTheAgentReads) {
  numbers_.state = ServerState::kLive;
  numbers_.workers_started = true;
  numbers_.uptime = std::chrono::seconds(90);
  store_.workers().at(0).sessions_active.Add(5);
  store_.Listener("0.0.0.0_15006")->at(0).downstream_cx_active.Add(4);

  EXPECT_THAT(Stats(), AllOf(HasSubstr("\nserver.state: 0\n"), HasSubstr("\nserver.live: 1\n"),
                             HasSubstr("\nserver.uptime: 90\n"),
                             HasSubstr("\nserver.total_connections: 5\n"),
                             HasSubstr("\nlistener_manager.workers_started: 1\n"),
                             HasSubstr("\noutrigger.sessions_active: 5\n"),
                             HasSubstr("\nlistener.0.0.0.0_15006.downstream_cx_active: 4\n")));
}

TEST_F(StatsTextTest, PrintsEveryState) {
  for (const auto& [state, number] :
       {std::pair(ServerState::kLive, "0"), std::pair(ServerState::kDraining, "1"),
        std::pair(ServerState::kPreInitializing, "2"),
        std::pair(ServerState::kInitializing, "3")}) {
    numbers_.state = state;
    EXPECT_THAT(Stats(), HasSubstr(std::string("\nserver.state: ") + number + "\n"));
  }
}

TEST_F(StatsTextTest, AddsUpNamesThatBecomeOne) {
  store_.Cluster("a:b")->at(0).upstream_cx_total.Add(1);
  store_.Cluster("a_b")->at(0).upstream_cx_total.Add(2);
  numbers_.memberships = {{"a_b", 3, 2}};

  EXPECT_THAT(Stats(), AllOf(HasSubstr("cluster.a_b.upstream_cx_total: 3\n"),
                             HasSubstr("cluster.a_b.membership_total: 3\n"),
                             HasSubstr("cluster.a_b.membership_healthy: 2\n")));
  EXPECT_EQ(SanitizeStatName("a:b\nc"), "a_b_c");
}

struct TagCase {
  absl::string_view name;
  absl::string_view base;
  absl::string_view label;
  absl::string_view value;
};

// Recorded from Envoy 1.40 without stats_tags.
TEST(TagsTest, AreEnvoysDefaults) {
  const TagCase cases[] = {
      {"cluster.plain.upstream_cx_total", "cluster.upstream_cx_total", "envoy_cluster_name",
       "plain"},
      {"cluster.alt;.upstream_cx_total", "cluster.upstream_cx_total", "envoy_cluster_name", "alt;"},
      {"cluster.outbound|2181||zk.default.svc.x", "cluster.default.svc.x", "envoy_cluster_name",
       "outbound|2181||zk"},
      {"tcp.plain_sp.idle_timeout", "tcp.idle_timeout", "envoy_tcp_prefix", "plain_sp"},
      {"listener.127.0.0.1_19901.no_filter_chain_match", "listener.no_filter_chain_match",
       "envoy_listener_address", "127.0.0.1_19901"},
      {"listener.[__1]_19902.no_filter_chain_match", "listener.no_filter_chain_match",
       "envoy_listener_address", "[__1]_19902"},
      {"listener.my.prefix_x.downstream_cx_total", "listener.prefix_x.downstream_cx_total",
       "envoy_listener_address", "my"},
      {"listener.127.0.0.1.x", "listener.0.0.1.x", "envoy_listener_address", "127"},
      {"listener.[__1].x", "listener.x", "envoy_listener_address", "[__1]"},
  };
  for (const TagCase& expected : cases) {
    const TaggedName tagged = ExtractTags(expected.name);
    EXPECT_EQ(tagged.base, expected.base);
    ASSERT_EQ(tagged.labels.size(), 1U) << expected.name;
    EXPECT_EQ(tagged.labels[0].first, expected.label);
    EXPECT_EQ(tagged.labels[0].second, expected.value);
  }
  for (const absl::string_view name :
       {"server.live", "listener.admin.downstream_cx_total", "cluster_manager.active_clusters",
        "listener_manager.workers_started", "cluster.x", "cluster..x", "listener.",
        "outrigger.x"}) {
    EXPECT_EQ(ExtractTags(name).base, name);
    EXPECT_TRUE(ExtractTags(name).labels.empty()) << name;
  }
}

TEST_F(StatsTextTest, PrintsFamiliesAsEnvoyDoes) {
  store_.Cluster("web")->at(0).upstream_cx_total.Add(7);
  store_.Cluster("api")->at(0).upstream_cx_total.Add(2);
  const std::string text = Prometheus();

  EXPECT_THAT(text, HasSubstr("# TYPE envoy_cluster_upstream_cx_total counter\n"
                              "envoy_cluster_upstream_cx_total{envoy_cluster_name=\"api\"} 2\n"
                              "envoy_cluster_upstream_cx_total{envoy_cluster_name=\"web\"} 7\n\n"));
  EXPECT_THAT(text, HasSubstr("\n# TYPE envoy_server_live gauge\nenvoy_server_live{} 0\n\n"));
  EXPECT_THAT(text, HasSubstr("\noutrigger_sessions_active{} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("# HELP")));
  EXPECT_THAT(text, Not(HasSubstr("# EOF")));
  EXPECT_LT(text.rfind(" counter\n"), text.find(" gauge\n"));
}

TEST_F(StatsTextTest, EscapesLabelValues) {
  store_.Cluster("a\\b\"c\xff");

  EXPECT_THAT(Prometheus(), HasSubstr("{envoy_cluster_name=\"a\\\\b\\\"c\xEF\xBF\xBD\"}"));
}

TEST_F(StatsTextTest, PrintsNoSeriesAndNoTypeTwice) {
  store_.Cluster("x.a-b")->at(0).upstream_cx_total.Add(1);
  store_.Cluster("x.a_b")->at(0).upstream_cx_total.Add(2);
  const std::string text = Prometheus();

  std::set<std::string> series;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::string key(line.substr(0, line.rfind(' ')));
    EXPECT_TRUE(series.insert(key).second) << key;
  }
  EXPECT_THAT(text, HasSubstr("envoy_cluster_a_b_upstream_cx_total{envoy_cluster_name=\"x\"} 3\n"));
}

}  // namespace
}  // namespace outrigger::observe
