// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/endpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "proxy/admin/debug_endpoints.h"
#include "proxy/admin/status_endpoints.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"
#include "tests/proxy/admin/admin_client.h"

#include <nlohmann/json.hpp>

namespace outrigger::admin {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

config::SocketAddress Address(absl::string_view text) {
  return *config::SocketAddress::Parse(text);
}

ConnectionRow Row(uint64_t id) {
  ConnectionRow row;
  row.id = id;
  row.age = std::chrono::milliseconds(61'055);
  row.state = "relay";
  row.downstream = Address("10.0.0.1:40000");
  row.original_destination = Address("10.0.0.2:2181");
  row.listener = "virtualInbound";
  row.filter_chain = "0.0.0.0_2181";
  row.cluster = "inbound|2181||";
  row.upstream = Address("10.0.0.2:2181");
  row.bytes_received = 731;
  row.bytes_sent = 3578;
  row.to_upstream = RelayMode::kCopy;
  row.to_downstream = RelayMode::kSplice;
  row.upstream_paused = true;
  return row;
}

std::vector<ClusterRow> Clusters() {
  EndpointRow endpoint;
  endpoint.address = Address("[fd00::1]:9000");
  endpoint.weight = 3;
  endpoint.locality.region = "r1";
  endpoint.health = config::HealthStatus::kUnhealthy;
  endpoint.cx_active = 1;
  endpoint.cx_total = 5;
  endpoint.cx_connect_fail = 2;
  return {{.name = "web", .observability_name = "web-stats", .endpoints = {endpoint}},
          {.name = "passthrough", .observability_name = "passthrough"}};
}

class EndpointsTest : public ::testing::Test {
 protected:
  EndpointsTest() {
    server_ = *HttpServer::Create(Address("127.0.0.1:0"));
    AdminCallbacks callbacks;
    callbacks.numbers = [this] { return numbers_; };
    callbacks.listeners = [] {
      return std::vector<ListenerRow>{
          {"two", {Address("[::1]:19902"), Address("127.0.0.1:19903")}}};
    };
    callbacks.clusters = [] { return Clusters(); };
    callbacks.server_info = [this] { return info_; };
    callbacks.connections = [this](auto done) { waiting_ = std::move(done); };
    callbacks.quit = [this] { ++quits_; };
    callbacks.drain_listeners = [this](const DrainOptions& options) {
      drained_ = options;
      return drain_status_;
    };
    RegisterEndpoints(*server_, stats_, std::move(callbacks));
  }

  observe::StatsStore stats_{2};
  observe::ServerNumbers numbers_;
  ServerInfo info_;
  absl::AnyInvocable<void(ConnectionList)> waiting_;
  int quits_ = 0;
  DrainOptions drained_;
  absl::Status drain_status_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(EndpointsTest, SaysWhetherItIsReady) {
  numbers_.state = observe::ServerState::kPreInitializing;
  const AdminClient before = Get(*server_, "/ready");
  numbers_.state = observe::ServerState::kLive;
  const AdminClient live = Get(*server_, "/ready");
  numbers_.state = observe::ServerState::kDraining;
  const AdminClient draining = Get(*server_, "/ready");

  EXPECT_EQ(before.status(), 503);
  EXPECT_EQ(before.body(), "PRE_INITIALIZING\n");
  EXPECT_EQ(live.status(), 200);
  EXPECT_EQ(live.body(), "LIVE\n");
  EXPECT_EQ(draining.status(), 503);
  EXPECT_EQ(draining.body(), "DRAINING\n");
}

TEST_F(EndpointsTest, PrintsStatistics) {
  stats_.Cluster("web")->at(0).upstream_cx_total.Add(3);
  stats_.Cluster("web")->at(1).upstream_cx_total.Add(4);

  const AdminClient text = Get(*server_, "/stats");
  const AdminClient prometheus = Get(*server_, "/stats/prometheus");

  EXPECT_THAT(text.body(), HasSubstr("\ncluster.web.upstream_cx_total: 7\n"));
  EXPECT_THAT(prometheus.body(),
              HasSubstr("# TYPE envoy_cluster_upstream_cx_total counter\n"
                        "envoy_cluster_upstream_cx_total{envoy_cluster_name=\"web\"} 7\n\n"));
  EXPECT_THAT(prometheus.head(), HasSubstr("Content-Type: text/plain; version=0.0.4"));
}

TEST_F(EndpointsTest, WaitsForTheWorkersConnections) {
  AdminClient client(server_->address());
  client.Send("GET /connections HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(RunUntil(*server_, [&] { return static_cast<bool>(waiting_); }));
  EXPECT_FALSE(client.ReadToEnd());

  std::exchange(waiting_, nullptr)(ConnectionList{.rows = {Row(7)}, .workers_silent = 1});

  ASSERT_TRUE(RunUntil(*server_, [&] { return client.ReadToEnd(); }));
  EXPECT_THAT(client.body(), HasSubstr("10.0.0.1:40000"));
  EXPECT_THAT(client.body(), HasSubstr("1 workers did not answer in time"));
}

TEST_F(EndpointsTest, QuitsAfterItHasAnswered) {
  EXPECT_EQ(Get(*server_, "/quitquitquit").status(), 405);
  EXPECT_EQ(quits_, 0);

  const AdminClient client = Post(*server_, "/quitquitquit");

  EXPECT_EQ(client.body(), "OK\n");
  EXPECT_EQ(quits_, 1);
}

TEST_F(EndpointsTest, DrainsAsAsked) {
  EXPECT_EQ(Post(*server_, "/drain_listeners?inboundonly&graceful").body(), "OK\n");
  EXPECT_TRUE(drained_.inbound_only);
  EXPECT_TRUE(drained_.graceful);
  EXPECT_FALSE(drained_.skip_exit);

  drain_status_ = absl::FailedPreconditionError("no listener is open");
  const AdminClient refused = Post(*server_, "/drain_listeners?skip_exit");
  EXPECT_EQ(refused.status(), 400);
  EXPECT_EQ(refused.body(), "no listener is open\n");
  EXPECT_TRUE(drained_.skip_exit);
}

TEST_F(EndpointsTest, ListsItselfAsTextAndPage) {
  const AdminClient help = Get(*server_, "/help");
  const AdminClient page = Get(*server_, "/");

  EXPECT_THAT(help.body(), HasSubstr("admin commands are:\n  /: Admin home page\n"));
  EXPECT_THAT(help.body(), HasSubstr("  /quitquitquit (POST): exit the server\n"));
  EXPECT_THAT(page.head(), HasSubstr("Content-Type: text/html"));
  EXPECT_THAT(page.body(), HasSubstr("<a href=\"/clusters\">/clusters</a>"));
  EXPECT_THAT(page.body(), HasSubstr("<form method=\"post\" action=\"/quitquitquit\">"));
}

TEST_F(EndpointsTest, PrintsListeners) {
  const AdminClient text = Get(*server_, "/listeners");
  const json parsed = json::parse(Get(*server_, "/listeners?format=json").body());

  EXPECT_EQ(text.body(), "two::[::1]:19902\ntwo::127.0.0.1:19903\n");
  EXPECT_EQ(parsed, json::parse(R"({"listener_statuses": [{
      "name": "two",
      "local_address": {"socket_address": {"address": "::1", "port_value": 19902}},
      "additional_local_addresses": [
        {"socket_address": {"address": "127.0.0.1", "port_value": 19903}}]}]})"));
}

TEST_F(EndpointsTest, PrintsServerInformation) {
  info_.version = "abc/0.1.0/Clean/RELEASE/OpenSSL";
  info_.concurrency = 2;
  info_.drain_time = std::chrono::seconds(5);
  info_.node_id = "sidecar~10.0.0.1~a.b~c";
  info_.settings = {{"drain_time_s", "5", "default", "--drain-time-s", "OUTRIGGER_DRAIN_TIME_S"}};
  numbers_.state = observe::ServerState::kLive;
  numbers_.uptime = std::chrono::seconds(6);

  const json parsed = json::parse(Get(*server_, "/server_info").body());

  EXPECT_EQ(parsed["version"], "abc/0.1.0/Clean/RELEASE/OpenSSL");
  EXPECT_EQ(parsed["state"], "LIVE");
  EXPECT_EQ(parsed["uptime_current_epoch"], "6s");
  EXPECT_EQ(parsed["command_line_options"]["concurrency"], 2);
  EXPECT_EQ(parsed["command_line_options"]["drain_time"], "5s");
  EXPECT_EQ(parsed["node"]["id"], "sidecar~10.0.0.1~a.b~c");
  EXPECT_EQ(parsed["outrigger"]["settings"][0]["flag"], "--drain-time-s");
}

TEST(ClustersAnswerTest, PrintsTextAsEnvoyDoes) {
  const std::string text = ClustersAnswer({}, Clusters()).body;

  EXPECT_THAT(text, HasSubstr("web::observability_name::web-stats\nweb::added_via_api::false\n"
                              "web::[fd00::1]:9000::cx_active::1\n"
                              "web::[fd00::1]:9000::cx_connect_fail::2\n"
                              "web::[fd00::1]:9000::cx_total::5\n"));
  EXPECT_THAT(text, HasSubstr("web::[fd00::1]:9000::health_flags::/failed_eds_health\n"
                              "web::[fd00::1]:9000::weight::3\n"
                              "web::[fd00::1]:9000::region::r1\n"));
  EXPECT_THAT(text, HasSubstr("passthrough::observability_name::passthrough\n"));
}

TEST(ClustersAnswerTest, CountsNoRequestsBelowZero) {
  std::vector<ClusterRow> rows = Clusters();
  rows[0].endpoints[0].cx_connect_fail = 6;

  EXPECT_THAT(ClustersAnswer({}, rows).body, HasSubstr("::rq_total::0\n"));
}

TEST(ClustersAnswerTest, PrintsJsonAsEnvoyDoes) {
  const json parsed =
      json::parse(ClustersAnswer({.path = "", .query = {{"format", "json"}}}, Clusters()).body);

  const json& host = parsed["cluster_statuses"][0]["host_statuses"][0];
  EXPECT_EQ(host["address"]["socket_address"]["port_value"], 9000);
  EXPECT_EQ(host["stats"][0], json::parse(R"({"value": "2", "name": "cx_connect_fail"})"));
  EXPECT_EQ(host["stats"][2], json::parse(R"({"name": "rq_error"})"));
  EXPECT_EQ(host["stats"][6],
            json::parse(R"({"type": "GAUGE", "value": "1", "name": "cx_active"})"));
  EXPECT_EQ(host["health_status"]["eds_health_status"], "UNHEALTHY");
  EXPECT_EQ(host["locality"], json::parse(R"({"region": "r1"})"));
  EXPECT_FALSE(parsed["cluster_statuses"][1].contains("host_statuses"));
}

TEST(ConnectionsAnswerTest, PrintsOneLinePerSession) {
  const std::string text = ConnectionsAnswer({}, {.rows = {Row(12), Row(7)}}).body;
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  const std::vector<std::string> cells = absl::StrSplit(lines[1], ' ', absl::SkipEmpty());

  EXPECT_EQ(cells, (std::vector<std::string>{"7", "0", "61.055s", "relay", "10.0.0.1:40000",
                                             "10.0.0.2:2181", "virtualInbound", "0.0.0.0_2181",
                                             "inbound|2181||", "10.0.0.2:2181", "731", "3578",
                                             "copy", "splice", "upstream", "-"}));
  EXPECT_EQ(lines[3], "2 connections");
}

TEST(ConnectionsAnswerTest, PrintsJson) {
  const json parsed = json::parse(
      ConnectionsAnswer({.path = "", .query = {{"format", "json"}}}, {.rows = {Row(7)}}).body);

  const json& row = parsed["connections"][0];
  EXPECT_EQ(row["age_ms"], 61055);
  EXPECT_EQ(row["original_destination"], "10.0.0.2:2181");
  EXPECT_EQ(row["upstream_local"], nullptr);
  EXPECT_EQ(row["to_downstream"], "splice");
  EXPECT_EQ(row["paused"], "upstream");
  EXPECT_EQ(parsed["left_out"], 0);
}

TEST(ConnectionsAnswerTest, SaysHowManyItLeavesOut) {
  ConnectionList list;
  list.left_out = 5;
  for (uint64_t i = 0; i < limits::kConnectionsListedMax + 3; ++i) list.rows.push_back(Row(i));

  const std::string text = ConnectionsAnswer({}, std::move(list)).body;

  EXPECT_THAT(text, HasSubstr(absl::StrCat(limits::kConnectionsListedMax,
                                           " connections\n8 more left out\n")));
}

TEST(ConnectionsAnswerTest, TakesNamesThatAreNotUtf8) {
  ConnectionRow row = Row(1);
  row.listener = "a\xff\n\"b";
  const Target as_json{.path = "", .query = {{"format", "json"}}};

  const json parsed = json::parse(ConnectionsAnswer(as_json, {.rows = {row}}).body);
  const std::string text = ConnectionsAnswer({}, {.rows = {row}}).body;

  EXPECT_EQ(parsed["connections"][0]["listener"], "a\xEF\xBF\xBD\n\"b");
  EXPECT_THAT(text, HasSubstr(R"(a\377\n\"b)"));
}

class LoggingTest : public ::testing::Test {
 protected:
  ~LoggingTest() override { log::SetLevel(log::Level::kInfo); }
  static HttpResponse Ask(absl::string_view query) {
    return LoggingAnswer(ParseTarget(absl::StrCat("/logging?", query)));
  }
};

TEST_F(LoggingTest, ListsAndSetsLevels) {
  EXPECT_THAT(Ask("").body, HasSubstr("active loggers:\n  admin: info\n"));
  EXPECT_THAT(Ask("level=debug").body, HasSubstr("  upstream: debug\n"));
  EXPECT_THAT(Ask("rbac=trace").body, HasSubstr("  rbac: trace\n"));
  EXPECT_THAT(Ask("paths=main:error,pool:off").body, HasSubstr("  main: error\n"));
  EXPECT_EQ(log::GetLevel(log::Component::kPool), log::Level::kOff);
  EXPECT_EQ(log::GetLevel(log::Component::kUpstream), log::Level::kDebug);
}

TEST_F(LoggingTest, ChangesNothingWhenAPartIsWrong) {
  for (const char* query : {"level=loud", "nobody=debug", "level=debug&rbac=debug", "level",
                            "paths=main:debug,nobody:debug", "paths=main", "=debug"}) {
    const HttpResponse response = Ask(query);
    EXPECT_EQ(response.status, 400U) << query;
    EXPECT_THAT(response.body, HasSubstr("usage: /logging?level=<level>")) << query;
  }
  EXPECT_EQ(log::GetLevel(log::Component::kMain), log::Level::kInfo);
}

}  // namespace
}  // namespace outrigger::admin
