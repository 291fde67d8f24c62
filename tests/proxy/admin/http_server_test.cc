// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/http_server.h"

#include <sys/resource.h>

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

}  // namespace
}  // namespace outrigger::admin
