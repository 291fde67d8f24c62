// SPDX-License-Identifier: Apache-2.0
//
// Bytes as a client of the admin port sends them, to the real server with the real endpoints over a
// socket pair; and the pure parts once more with the same bytes. Whatever comes, the server ends
// the connection, is idle again and answers the next client.
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

#include "proxy/admin/endpoints.h"
#include "proxy/admin/http_request.h"
#include "proxy/admin/status_endpoints.h"
#include "proxy/base/check.h"
#include "proxy/observe/prometheus.h"

namespace outrigger::admin {
namespace {

// A connection may wait for more bytes no longer than this.
constexpr std::chrono::milliseconds kConnectionTime{20};

AdminCallbacks Callbacks() {
  AdminCallbacks callbacks;
  callbacks.numbers = [] { return observe::ServerNumbers(); };
  callbacks.listeners = [] {
    return std::vector<ListenerRow>{{"listener", {*config::SocketAddress::Parse("10.0.0.1:80")}}};
  };
  callbacks.clusters = [] {
    return std::vector<ClusterRow>{{.name = "web", .observability_name = "web"}};
  };
  callbacks.server_info = [] { return ServerInfo(); };
  callbacks.connections = [](auto done) { done(ConnectionList{.rows = {ConnectionRow()}}); };
  callbacks.quit = [] {};
  callbacks.drain_listeners = [](const DrainOptions&) { return absl::OkStatus(); };
  return callbacks;
}

struct Fixture {
  Fixture() {
    auto created = HttpServer::Create(*config::SocketAddress::Parse("127.0.0.1:0"),
                                      {.connection_time_max = kConnectionTime});
    CHECK(created.ok(), created.status().ToString());
    server = *std::move(created);
    RegisterEndpoints(*server, stats, Callbacks());
  }
  observe::StatsStore stats{1};
  std::unique_ptr<HttpServer> server;
};

// What the server answers to `request`, after which the client sends nothing more.
std::string Exchange(HttpServer& server, absl::string_view request) {
  int ends[2];
  CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0, errno);
  const UniqueFd client(ends[0]);
  CHECK(server.Adopt(UniqueFd(ends[1])));
  std::string answer;
  while (!server.idle()) {
    if (!request.empty()) {
      const ssize_t sent = ::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL);
      if (sent > 0) request.remove_prefix(static_cast<size_t>(sent));
    }
    if (request.empty()) ::shutdown(client.get(), SHUT_WR);
    server.Run();
    char buffer[4096];
    for (ssize_t got = 1; got > 0;) {
      got = ::recv(client.get(), buffer, sizeof(buffer), 0);
      if (got > 0) answer.append(buffer, static_cast<size_t>(got));
    }
  }
  return answer;
}

void ParsePureParts(absl::string_view bytes) {
  const Target target = ParseTarget(bytes);
  CHECK(target.query.size() <= kQueryParametersMax);
  CHECK(target.path.size() <= bytes.size());
  // A host that passes holds nothing that could be a name.
  if (IsAllowedHost(bytes)) CHECK(bytes.size() < 64, bytes);
  IsSameOrigin(bytes, bytes);
  const observe::TaggedName tagged = observe::ExtractTags(bytes);
  CHECK(tagged.base.size() <= bytes.size());
  LoggingAnswer(target);
}

}  // namespace

void TryRequest(absl::string_view bytes) {
  static auto* fixture = new Fixture;
  ParsePureParts(bytes);
  Exchange(*fixture->server, bytes);
  const std::string answer =
      Exchange(*fixture->server, "GET /help HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(answer.rfind("HTTP/1.1 200", 0) == 0, answer);
}

}  // namespace outrigger::admin

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  outrigger::admin::TryRequest({reinterpret_cast<const char*>(data), size});
  return 0;
}
