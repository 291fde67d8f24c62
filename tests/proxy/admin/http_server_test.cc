// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/http_server.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"

#include "tests/proxy/admin/admin_client.h"

namespace outrigger::admin {
namespace {

using ::testing::Test;

class HttpServerTest : public Test {
 protected:
  void Start(HttpServerOptions options = {}) {
    auto created = HttpServer::Create(*config::SocketAddress::Parse("127.0.0.1:0"), options);
    ASSERT_TRUE(created.ok()) << created.status();
    server_ = *std::move(created);
    server_->Add({"/read", Endpoint::Access::kRead, "reads",
                  [this](const HttpRequest& request, Responder responder) {
                    last_target_ = request.target;
                    std::move(responder).Send(TextResponse("read\n"));
                  }});
    server_->Add({"/change", Endpoint::Access::kChange, "changes",
                  [this](const HttpRequest&, Responder responder) {
                    ++changes_;
                    std::move(responder).Send(TextResponse("changed\n"));
                  }});
    server_->Add({"/later", Endpoint::Access::kRead, "is answered later",
                  [this](const HttpRequest&, Responder responder) {
                    waiting_.push_back(std::move(responder));
                  }});
    server_->Add({"/never", Endpoint::Access::kRead, "forgets to answer",
                  [](const HttpRequest&, Responder) {}});
  }

  std::unique_ptr<HttpServer> server_;
  Target last_target_;
  int changes_ = 0;
  std::vector<Responder> waiting_;
};

TEST_F(HttpServerTest, AnswersGet) {
  Start();

  const AdminClient client = Get(*server_, "/read");

  EXPECT_EQ(client.status(), 200);
  EXPECT_EQ(client.body(), "read\n");
  EXPECT_TRUE(absl::StrContains(client.head(), "Content-Length: 5")) << client.head();
  EXPECT_TRUE(server_->idle());
}

TEST_F(HttpServerTest, AnswersLater) {
  Start();
  AdminClient client(server_->address());
  client.Send("GET /later HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  ASSERT_TRUE(RunUntil(*server_, [&] { return waiting_.size() == 1; }));

  std::move(waiting_[0]).Send(TextResponse("late\n"));

  ASSERT_TRUE(RunUntil(*server_, [&] { return client.ReadToEnd(); }));
  EXPECT_EQ(client.body(), "late\n");
}

TEST_F(HttpServerTest, LeavesTheBodyOutForHead) {
  Start();

  const AdminClient client = Ask(*server_, "HEAD /read HTTP/1.1\r\nHost: localhost\r\n\r\n");

  EXPECT_EQ(client.status(), 200);
  EXPECT_TRUE(absl::StrContains(client.head(), "Content-Length: 5")) << client.head();
  EXPECT_EQ(client.body(), "");
}

TEST_F(HttpServerTest, TakesRegularExpressionsAsTheAgentSendsThem) {
  Start();

  const AdminClient client = Get(*server_, R"(/read?usedonly&filter=^(a\.b|c+)\.(d|e)$&x=%41+%2)");

  EXPECT_EQ(client.status(), 200);
  EXPECT_TRUE(last_target_.Has("usedonly"));
  EXPECT_EQ(last_target_.Get("filter"), R"(^(a\.b|c+)\.(d|e)$)");
  EXPECT_EQ(last_target_.Get("x"), "A+%2");
}

TEST_F(HttpServerTest, ChangesNothingOnGet) {
  Start();

  const AdminClient client = Get(*server_, "/change");

  EXPECT_EQ(client.status(), 405);
  EXPECT_TRUE(absl::StrContains(client.head(), "Allow: POST")) << client.head();
  EXPECT_EQ(client.body(), "Method GET not allowed, POST required.\n");
  EXPECT_EQ(changes_, 0);
}

TEST_F(HttpServerTest, ChangesOnPost) {
  Start();

  EXPECT_EQ(Post(*server_, "/change").status(), 200);
  EXPECT_EQ(
      Ask(*server_, "POST /change HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody")
          .status(),
      200);
  EXPECT_EQ(Ask(*server_, "POST /change HTTP/1.0\r\n\r\n").status(), 200);
  EXPECT_EQ(changes_, 3);
}

TEST_F(HttpServerTest, RefusesOtherMethods) {
  Start();

  for (const absl::string_view method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "GETT"}) {
    const AdminClient client = Ask(
        *server_,
        absl::StrCat(method, " /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_EQ(client.status(), 405) << method;
    EXPECT_TRUE(absl::StrContains(client.head(), "Allow: GET, HEAD")) << client.head();
  }
}

TEST_F(HttpServerTest, ListsEndpointsForAnUnknownPath) {
  Start();

  const AdminClient client = Get(*server_, "/stat");

  EXPECT_EQ(client.status(), 404);
  EXPECT_TRUE(absl::StrContains(client.body(), "  /change (POST): changes\n")) << client.body();
  EXPECT_TRUE(absl::StrContains(client.body(), "  /read: reads\n")) << client.body();
}

TEST_F(HttpServerTest, RefusesHostNames) {
  Start();
  const auto ask = [&](absl::string_view headers) {
    return Ask(*server_, absl::StrCat("GET /read HTTP/1.1\r\n", headers, "\r\n")).status();
  };

  EXPECT_EQ(ask("Host: 127.0.0.1:15000\r\n"), 200);
  EXPECT_EQ(ask("Host: [::1]:15000\r\n"), 200);
  EXPECT_EQ(ask("host: LOCALHOST\r\n"), 200);
  EXPECT_EQ(ask("Host: rebound.example:15000\r\n"), 403);
  EXPECT_EQ(ask("Host: localhost.example\r\n"), 403);
  EXPECT_EQ(ask("Host: localhost\r\nHost: rebound.example\r\n"), 403);
  EXPECT_EQ(Ask(*server_, "GET /read HTTP/1.0\r\n\r\n").status(), 200);
}

TEST_F(HttpServerTest, RefusesPostsOfForeignPages) {
  Start();
  const auto post = [&](absl::string_view origin) {
    return Ask(*server_, absl::StrCat("POST /change HTTP/1.1\r\nHost: localhost:15000\r\nOrigin: ",
                                      origin, "\r\nContent-Length: 0\r\n\r\n"))
        .status();
  };

  EXPECT_EQ(post("http://evil.example"), 403);
  EXPECT_EQ(post("null"), 403);
  EXPECT_EQ(post("http://localhost:8080"), 403);
  EXPECT_EQ(changes_, 0);
  EXPECT_EQ(post("http://localhost:15000"), 200);
  EXPECT_EQ(changes_, 1);
}

TEST_F(HttpServerTest, SurvivesHostileRequests) {
  // For blank lines and then nothing, which the library waits out.
  Start({.connection_time_max = std::chrono::milliseconds(300)});
  std::string flood = "GET /read HTTP/1.1\r\nHost: localhost\r\n";
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&flood, "X-", i, ": y\r\n");
  const std::string bytes(
      "GET /\xff\xfe\x80?\xc0\xaf=\x01\x02 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string requests[] = {
      absl::StrCat("GET /read?", std::string(1 << 20, 'q'), " HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      flood + "\r\n",
      absl::StrCat("GET /read HTTP/1.1\r\nHost: ", std::string(1 << 20, 'h'), "\r\n\r\n"),
      bytes,
      absl::StrCat("GET /re", std::string(1, '\0'), "ad HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      "GET\r\n\r\n",
      "\r\n\r\n\r\n",
      "GET /read HTTP/9.9\r\nHost: localhost\r\n\r\n",
      "POST /change HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
      "POST /change HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "POST /change HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      std::string(1 << 20, '\xff'),
  };

  for (const std::string& request : requests) {
    AdminClient client(server_->address());
    size_t sent = 0;
    const bool ended = RunUntil(*server_, [&] {
      if (sent < request.size()) sent += client.Send(request.substr(sent));
      // Some of them are only the beginning of a request: that is all there will be.
      if (sent == request.size()) ::shutdown(client.fd(), SHUT_WR);
      return client.ReadToEnd();
    });
    EXPECT_TRUE(ended) << request.substr(0, 60);
    EXPECT_NE(client.status(), 200) << request.substr(0, 60);
  }

  EXPECT_EQ(changes_, 0);
  EXPECT_EQ(Get(*server_, "/read").status(), 200);
}

TEST_F(HttpServerTest, RefusesLargeBodies) {
  Start({.body_bytes_max = 1000});

  const AdminClient announced =
      Ask(*server_, "POST /change HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n");
  const AdminClient chunked = Ask(
      *server_,
      absl::StrCat("POST /change HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
                   "7d0\r\n", std::string(2000, 'b'), "\r\n0\r\n\r\n"));

  EXPECT_EQ(announced.status(), 413);
  EXPECT_EQ(chunked.status(), 0);
  EXPECT_EQ(changes_, 0);
}

TEST_F(HttpServerTest, EndsAConnectionThatDrips) {
  Start({.connection_time_max = std::chrono::milliseconds(30)});
  AdminClient silent(server_->address());
  AdminClient dripping(server_->address());
  dripping.Send("POST /change HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n");

  bool silent_ended = false;
  bool dripping_ended = false;
  const bool ended = RunUntil(*server_, [&] {
    dripping.Send("x");
    silent_ended = silent_ended || silent.ReadToEnd();
    dripping_ended = dripping_ended || dripping.ReadToEnd();
    return silent_ended && dripping_ended;
  });

  EXPECT_TRUE(ended);
  EXPECT_EQ(changes_, 0);
  EXPECT_TRUE(RunUntil(*server_, [&] { return server_->idle(); }));
}

TEST_F(HttpServerTest, ServesMoreClientsThanItHoldsAtOnce) {
  Start({.connections_max = 8});
  std::vector<AdminClient> clients;
  for (int i = 0; i < 100; ++i) clients.emplace_back(server_->address());
  for (AdminClient& client : clients) client.Send("GET /read HTTP/1.1\r\nHost: localhost\r\n\r\n");

  size_t most = 0;
  std::vector<bool> ended(clients.size());
  const bool all_ended = RunUntil(*server_, [&] {
    most = std::max(most, server_->connections());
    for (size_t i = 0; i < clients.size(); ++i) ended[i] = ended[i] || clients[i].ReadToEnd();
    return std::find(ended.begin(), ended.end(), false) == ended.end();
  });

  EXPECT_TRUE(all_ended);
  EXPECT_LE(most, 8U);
  for (const AdminClient& client : clients) EXPECT_EQ(client.status(), 200);
}

TEST_F(HttpServerTest, WaitsWithoutSpinningWhileFull) {
  Start({.connections_max = 2});
  AdminClient first(server_->address());
  AdminClient second(server_->address());
  AdminClient third(server_->address());
  for (AdminClient* client : {&first, &second}) {
    client->Send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  ASSERT_TRUE(RunUntil(*server_, [&] { return waiting_.size() == 2; }));
  server_->Run();

  pollfd watched{server_->epoll_fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&watched, 1, 0), 0);

  std::move(waiting_[0]).Send(TextResponse("room\n"));
  third.Send("GET /read HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(RunUntil(*server_, [&] { return third.ReadToEnd(); }));
  EXPECT_EQ(third.status(), 200);
}

TEST_F(HttpServerTest, AnswersWithoutADescriptorLeft) {
  Start();
  AdminClient client(server_->address());
  client.Send("GET /read HTTP/1.1\r\nHost: localhost\r\n\r\n");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 200;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  std::vector<UniqueFd> taken;
  for (int fd = ::dup(client.fd()); fd >= 0; fd = ::dup(client.fd())) taken.emplace_back(fd);
  ASSERT_EQ(errno, EMFILE);

  const bool ended = RunUntil(*server_, [&] { return client.ReadToEnd(); });

  EXPECT_TRUE(ended);
  EXPECT_EQ(client.status(), 200);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST_F(HttpServerTest, DiscardsAnAnswerForAClientThatHasGone) {
  Start();
  AdminClient client(server_->address());
  client.Send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(RunUntil(*server_, [&] { return waiting_.size() == 1; }));
  client.Close();
  server_->Run();

  std::move(waiting_[0]).Send(TextResponse(std::string(1 << 20, 'x')));

  EXPECT_TRUE(RunUntil(*server_, [&] { return server_->idle(); }));
}

TEST_F(HttpServerTest, DiscardsAnAnswerAfterItsOwnEnd) {
  Start();
  AdminClient client(server_->address());
  client.Send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(RunUntil(*server_, [&] { return waiting_.size() == 1; }));

  server_.reset();
  std::move(waiting_[0]).Send(TextResponse("nobody listens\n"));

  EXPECT_TRUE(client.ReadToEnd());
  EXPECT_EQ(client.received(), "");
}

TEST_F(HttpServerTest, AnswersForAHandlerThatForgets) {
  Start();

  EXPECT_EQ(Get(*server_, "/never").status(), 500);
}

TEST_F(HttpServerTest, AnswersForAHandlerThatTakesTooLong) {
  Start({.connection_time_max = std::chrono::milliseconds(20)});

  const AdminClient client = Get(*server_, "/later");

  EXPECT_EQ(client.status(), 504);
  ASSERT_EQ(waiting_.size(), 1U);
  std::move(waiting_[0]).Send(TextResponse("too late\n"));
}

TEST_F(HttpServerTest, SendsALargeAnswerToASlowReader) {
  Start();
  server_->Add(
      {"/large", Endpoint::Access::kRead, "8 MiB", [](const HttpRequest&, Responder responder) {
         std::move(responder).Send(TextResponse(std::string(8 << 20, 'l')));
       }});
  AdminClient client(server_->address());
  client.Send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");

  // Until its socket is full, and then to the end.
  for (int i = 0; i < 20; ++i) server_->Run();
  EXPECT_FALSE(server_->idle());
  EXPECT_TRUE(RunUntil(*server_, [&] { return client.ReadToEnd(); }));

  EXPECT_EQ(client.body(), std::string(8 << 20, 'l'));
}

TEST_F(HttpServerTest, NamesTheAddressThatIsInUse) {
  Start();

  const auto second = HttpServer::Create(server_->address());

  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(absl::StrContains(second.status().message(), server_->address().Format()))
      << second.status();
  EXPECT_TRUE(absl::StrContains(second.status().message(), "another process listens there"))
      << second.status();
}

TEST_F(HttpServerTest, NamesTheAddressThatIsNotHere) {
  const auto server = HttpServer::Create(*config::SocketAddress::Parse("192.0.2.1:0"));

  ASSERT_FALSE(server.ok());
  EXPECT_TRUE(absl::StrContains(server.status().message(), "no interface here")) << server.status();
}

TEST_F(HttpServerTest, ListensOnIpv6) {
  const auto server = HttpServer::Create(*config::SocketAddress::Parse("[::1]:0"));

  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_NE((*server)->address().port(), 0);
  EXPECT_EQ(Get(**server, "/").status(), 404);
}

}  // namespace
}  // namespace outrigger::admin
