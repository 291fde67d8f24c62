// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/access_log.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace outrigger::observe {
namespace {

using config::AccessLog;
using config::FormatPiece;
using config::JsonFormat;

// Splits "%NAME(argument):length%" formats, for tests alone.
config::Format Parse(absl::string_view text) {
  config::Format format;
  while (!text.empty()) {
    const size_t start = text.find('%');
    if (start != 0) format.push_back({.literal = std::string(text.substr(0, start))});
    if (start == absl::string_view::npos) break;
    // Time formats in parentheses hold '%' themselves.
    size_t end = text.find('%', start + 1);
    const size_t open = text.find('(', start);
    if (open < end) end = text.find('%', text.find(')', open));
    absl::string_view piece = text.substr(start + 1, end - start - 1);
    text.remove_prefix(end + 1);
    FormatPiece parsed;
    const size_t parenthesis = piece.find('(');
    parsed.operator_name = std::string(piece.substr(0, parenthesis));
    if (parenthesis != absl::string_view::npos) {
      const size_t close = piece.rfind(')');
      parsed.argument = std::string(piece.substr(parenthesis + 1, close - parenthesis - 1));
      if (close + 2 < piece.size()) {
        parsed.length_max =
            static_cast<uint32_t>(std::atoi(std::string(piece.substr(close + 2)).c_str()));
      }
    }
    format.push_back(parsed);
  }
  return format;
}

constexpr absl::string_view kIstioFormat =
    "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "
    "\"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% "
    "%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
    "%REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

config::SocketAddress Address(absl::string_view text) {
  return *config::SocketAddress::Parse(text);
}

SessionRecord Session() {
  SessionRecord record;
  record.connection_id = 42;
  // 2026-11-21T15:55:10.828368Z.
  record.start_time =
      std::chrono::system_clock::time_point(std::chrono::microseconds(1'795'276'510'828'368));
  record.duration = std::chrono::milliseconds(61'055);
  record.bytes_received = 731;
  record.bytes_sent = 3578;
  record.downstream_remote = Address("100.64.3.68:52428");
  record.downstream_local = Address("10.88.0.162:443");
  record.downstream_direct_local = Address("127.0.0.1:15001");
  record.upstream_host = Address("10.88.0.162:443");
  record.upstream_local = Address("100.64.3.68:52438");
  record.connect_duration = std::chrono::milliseconds(3);
  record.cluster = "PassthroughCluster";
  record.listener = "virtualOutbound";
  record.filter_chain = "virtualOutbound-catchall-tcp";
  record.close_reason = "- downstream/relay";
  return record;
}

SessionRecord FailedSession() {
  SessionRecord record = Session();
  record.duration = std::chrono::milliseconds(1);
  record.bytes_received = 0;
  record.bytes_sent = 0;
  record.cluster = "outbound|443||svc.ns.svc.cluster.local";
  record.upstream_local.reset();
  record.connect_duration.reset();
  record.response_flags = "UF,URX";
  record.upstream_transport_failure_reason = "delayed connect error: Connection refused";
  record.close_reason = "UF upstream/connect";
  return record;
}

std::string Text(absl::string_view format, const SessionRecord& record, bool omit = false) {
  AccessLog log;
  log.text = Parse(format);
  log.omit_empty_values = omit;
  return FormatLine(log, record, "pod-0");
}

TEST(AccessLogTest, PrintsIstiosLineOfANormalEnd) {
  EXPECT_EQ(
      Text(kIstioFormat, Session()),
      "[2026-11-21T15:55:10.828Z] \"- - -\" 0 - - - \"-\" 731 3578 61055 - \"-\" \"-\" \"-\" \"-\" "
      "\"10.88.0.162:443\" PassthroughCluster 100.64.3.68:52438 10.88.0.162:443 "
      "100.64.3.68:52428 - -\n");
}

TEST(AccessLogTest, PrintsIstiosLineOfARefusedConnect) {
  EXPECT_EQ(Text(kIstioFormat, FailedSession()),
            "[2026-11-21T15:55:10.828Z] \"- - -\" 0 UF,URX - - "
            "\"delayed_connect_error:_Connection_refused\" 0 0 1 - \"-\" \"-\" \"-\" \"-\" "
            "\"10.88.0.162:443\" outbound|443||svc.ns.svc.cluster.local - 10.88.0.162:443 "
            "100.64.3.68:52428 - -\n");
}

TEST(AccessLogTest, PrintsIstiosLineOfAConnectionThatMatchesNoChain) {
  SessionRecord record;
  record.downstream_remote = Address("10.244.0.15:46778");
  record.downstream_local = Address("10.244.0.13:8080");
  record.response_flags = "NR";
  record.response_code_details = "filter_chain_not_found";

  EXPECT_EQ(
      Text(kIstioFormat, record),
      "[1970-01-01T00:00:00.000Z] \"- - -\" 0 NR filter_chain_not_found - \"-\" 0 0 0 - \"-\" "
      "\"-\" \"-\" \"-\" \"-\" - - 10.244.0.13:8080 10.244.0.15:46778 - -\n");
}

struct OperatorCase {
  absl::string_view format;
  absl::string_view text;
  absl::string_view json;
};

// What Envoy 1.40 prints for such a session, but for the close reason, which is ours.
TEST(AccessLogTest, PrintsEachOperatorAsEnvoyDoes) {
  ASSERT_EQ(::setenv("OUTRIGGER_TEST_VALUE", "set", 1), 0);
  const OperatorCase cases[] = {
      {"%START_TIME%", "2026-11-21T15:55:10.828Z", "\"2026-11-21T15:55:10.828Z\""},
      {"%START_TIME(%s)%", "1795276510", "\"1795276510\""},
      {"%EMIT_TIME(%s.%3f)%", "1795276571.883", "\"1795276571.883\""},
      {"%DURATION%", "61055", "61055"},
      {"%COMMON_DURATION(DS_CX_BEG:DS_CX_END:ms)%", "61055", "61055"},
      {"%COMMON_DURATION(US_CX_BEG:US_CX_END:us)%", "3000", "3000"},
      {"%COMMON_DURATION(DS_RX_BEG:DS_RX_END:us)%", "-", "null"},
      {"%BYTES_RECEIVED%", "731", "731"},
      {"%BYTES_SENT%", "3578", "3578"},
      {"%PROTOCOL%", "-", "null"},
      {"%RESPONSE_CODE%", "0", "0"},
      {"%RESPONSE_FLAGS%", "-", "\"-\""},
      {"%RESPONSE_FLAGS_LONG%", "-", "\"-\""},
      {"%FILTER_CHAIN_NAME%", "virtualOutbound-catchall-tcp", "\"virtualOutbound-catchall-tcp\""},
      {"%LISTENER_NAME%", "virtualOutbound", "\"virtualOutbound\""},
      {"%CONNECTION_ID%", "42", "42"},
      {"%HOSTNAME%", "pod-0", "\"pod-0\""},
      {"%ENVIRONMENT(OUTRIGGER_TEST_VALUE)%", "set", "\"set\""},
      {"%ENVIRONMENT(OUTRIGGER_TEST_NOTHING)%", "-", "\"-\""},
      {"%UPSTREAM_HOST%", "10.88.0.162:443", "\"10.88.0.162:443\""},
      {"%UPSTREAM_REMOTE_ADDRESS%", "10.88.0.162:443", "\"10.88.0.162:443\""},
      {"%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "10.88.0.162", "\"10.88.0.162\""},
      {"%UPSTREAM_REMOTE_PORT%", "443", "443"},
      {"%UPSTREAM_LOCAL_ADDRESS%", "100.64.3.68:52438", "\"100.64.3.68:52438\""},
      {"%UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%", "100.64.3.68", "\"100.64.3.68\""},
      {"%UPSTREAM_LOCAL_PORT%", "52438", "52438"},
      {"%UPSTREAM_CLUSTER%", "PassthroughCluster", "\"PassthroughCluster\""},
      {"%UPSTREAM_CLUSTER_RAW%", "PassthroughCluster", "\"PassthroughCluster\""},
      {"%DOWNSTREAM_REMOTE_ADDRESS%", "100.64.3.68:52428", "\"100.64.3.68:52428\""},
      {"%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "100.64.3.68", "\"100.64.3.68\""},
      {"%DOWNSTREAM_REMOTE_PORT%", "52428", "52428"},
      {"%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%", "100.64.3.68:52428", "\"100.64.3.68:52428\""},
      {"%DOWNSTREAM_LOCAL_ADDRESS%", "10.88.0.162:443", "\"10.88.0.162:443\""},
      {"%DOWNSTREAM_LOCAL_PORT%", "443", "443"},
      {"%DOWNSTREAM_DIRECT_LOCAL_ADDRESS%", "127.0.0.1:15001", "\"127.0.0.1:15001\""},
      {"%REQUESTED_SERVER_NAME%", "-", "null"},
      {"%ROUTE_NAME%", "-", "null"},
      {"%RESPONSE_CODE_DETAILS%", "-", "null"},
      {"%CONNECTION_TERMINATION_DETAILS%", "-", "null"},
      {"%UPSTREAM_TRANSPORT_FAILURE_REASON%", "-", "null"},
      {"%FILTER_STATE(outrigger.close_reason:PLAIN)%", "-_downstream/relay",
       "\"-_downstream/relay\""},
      {"%FILTER_STATE(outrigger.close_reason:PLAIN):4%", "-_do", "\"-_do\""},
      {"%FILTER_STATE(another)%", "-", "null"},
      {"%REQ(:METHOD):3%", "-", "null"},
      {"%NOBODY_KNOWS(this)%", "-", "null"},
  };
  for (const OperatorCase& expected : cases) {
    AccessLog log;
    log.json.emplace();
    log.json->value = Parse(expected.format);
    EXPECT_EQ(Text(expected.format, Session()), expected.text) << expected.format;
    EXPECT_EQ(FormatLine(log, Session(), "pod-0"), absl::StrCat(expected.json, "\n"))
        << expected.format;
  }
}

TEST(AccessLogTest, PrintsNoFarAddressBeforeItIsConnected) {
  EXPECT_EQ(
      Text("%UPSTREAM_HOST% %UPSTREAM_REMOTE_ADDRESS% %UPSTREAM_LOCAL_ADDRESS%", FailedSession()),
      "10.88.0.162:443 - -");
}

TEST(AccessLogTest, PrintsTheNameThatStatisticsUse) {
  SessionRecord record = Session();
  record.cluster_stat_name = "pt;";

  EXPECT_EQ(Text("%UPSTREAM_CLUSTER% %UPSTREAM_CLUSTER_RAW%", record), "pt; PassthroughCluster");
}

TEST(AccessLogTest, NeverShowsHttpsDisconnectFlags) {
  SessionRecord record = Session();
  for (const auto& [flags, shown] : {std::pair("DC", "- -"), std::pair("UC,DC", "- -"),
                                     std::pair("UF,UC,URX",
                                               "UF,URX UpstreamConnectionFailure,"
                                               "UpstreamRetryLimitExceeded")}) {
    record.response_flags = flags;
    EXPECT_EQ(Text("%RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%", record), shown);
  }
}

TEST(AccessLogTest, OmitsEmptyValuesInText) {
  EXPECT_EQ(Text("[%ROUTE_NAME%][%BYTES_SENT%][%PROTOCOL%][%RESPONSE_FLAGS%]\n", Session(), true),
            "[][3578][][-]\n");
}

TEST(AccessLogTest, NoTextCanForgeALineOrLeaveItsQuotes) {
  SessionRecord record = Session();
  record.upstream_transport_failure_reason = "a\"b\\c\nd\x7f\xff\xC3\xA9";
  record.connection_termination_details = std::string(1000, 'x');

  EXPECT_EQ(Text("\"%UPSTREAM_TRANSPORT_FAILURE_REASON%\"", record),
            "\"a\\\"b\\\\c\\x0Ad\\x7F\\xFF\xC3\xA9\"");
  EXPECT_EQ(Text("%CONNECTION_TERMINATION_DETAILS%", record), std::string(256, 'x'));
}

JsonFormat Leaf(absl::string_view format) {
  JsonFormat leaf;
  leaf.value = Parse(format);
  return leaf;
}

AccessLog NestedJson() {
  JsonFormat inner;
  inner.value = JsonFormat::Object{{"e", Leaf("%ROUTE_NAME%")}};
  JsonFormat list;
  list.value = JsonFormat::List{Leaf("%ROUTE_NAME%"), Leaf("%DURATION%"), Leaf("5")};
  JsonFormat empty;
  empty.value = JsonFormat::Object{};
  AccessLog log;
  log.json.emplace();
  log.json->value = JsonFormat::Object{{"z", Leaf("%ROUTE_NAME%")},
                                       {"b", Leaf("x%ROUTE_NAME%")},
                                       {"c", Leaf("%BYTES_SENT%")},
                                       {"d", inner},
                                       {"l", list},
                                       {"o", empty},
                                       {"lit", Leaf("")}};
  return log;
}

TEST(AccessLogTest, PrintsJsonInTheOrderOfTheConfiguration) {
  EXPECT_EQ(FormatLine(NestedJson(), Session(), ""),
            "{\"z\":null,\"b\":\"x-\",\"c\":3578,\"d\":{\"e\":null},\"l\":[null,61055,\"5\"],"
            "\"o\":{},\"lit\":\"\"}\n");
}

TEST(AccessLogTest, OmitsEmptyValuesInJson) {
  AccessLog log = NestedJson();
  log.omit_empty_values = true;

  EXPECT_EQ(FormatLine(log, Session(), ""),
            "{\"b\":\"x\",\"c\":3578,\"l\":[61055,\"5\"],\"o\":{},\"lit\":\"\"}\n");
}

TEST(AccessLogTest, PrintsAnObjectEvenIfAllOfItIsOmitted) {
  AccessLog log;
  log.omit_empty_values = true;
  log.json.emplace();
  log.json->value = JsonFormat::Object{{"a", Leaf("%ROUTE_NAME%")}};

  EXPECT_EQ(FormatLine(log, Session(), ""), "{}\n");
}

TEST(AccessLogTest, EscapesJson) {
  SessionRecord record = Session();
  record.filter_chain = "a\"\\\n\x01\xff\xC3\xA9";
  AccessLog log;
  log.json.emplace();
  log.json->value = JsonFormat::Object{{"k\"", Leaf("%FILTER_CHAIN_NAME%")}};

  EXPECT_EQ(FormatLine(log, record, ""),
            "{\"k\\\"\":\"a\\\"\\\\\\u000A\\u0001\xEF\xBF\xBD\xC3\xA9\"}\n");
}

TEST(AccessLogTest, FiltersByFlag) {
  AccessLog log;
  EXPECT_TRUE(WantsLine(log, Session()));

  log.response_flags = {"NR", "URX"};
  EXPECT_FALSE(WantsLine(log, Session()));
  EXPECT_TRUE(WantsLine(log, FailedSession()));

  log.response_flags = {"U"};
  EXPECT_FALSE(WantsLine(log, FailedSession()));

  log.response_flags = std::vector<std::string>();
  EXPECT_FALSE(WantsLine(log, Session()));
  EXPECT_TRUE(WantsLine(log, FailedSession()));
}

}  // namespace
}  // namespace outrigger::observe
