// SPDX-License-Identifier: Apache-2.0
#include "proxy/session/relay.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <vector>

#include "proxy/base/limits.h"
#include "proxy/net/socket_options.h"
#include "tests/support/tcp_pair.h"
#include "tests/support/test_loop.h"

namespace outrigger::session {
namespace {

// How a connection looks from its far end.
struct Seen {
  std::string bytes;
  int end = -1;  // 0: FIN, otherwise the error number; -1: still open
};

// A relay between two real connections; the test plays client and server.
class RelayTest : public ::testing::Test {
 protected:
  RelayTest() : buffer_(limits::kCopyBufferBytes), pipes_(counters_) {
    testing::TcpPair down = testing::MakeTcpPair();
    testing::TcpPair up = testing::MakeTcpPair();
    client_ = std::move(down.client);
    server_ = std::move(up.server);
    MakeLeg(downstream_, std::move(down.server), Side::kDownstream);
    MakeLeg(upstream_, std::move(up.client), Side::kUpstream);
  }
  ~RelayTest() override {
    relay_.reset();
    downstream_.watcher = event::FdWatcher();
    upstream_.watcher = event::FdWatcher();
  }

  void MakeLeg(Leg& leg, UniqueFd fd, Side side) {
    net::SetProxiedSocketOptions(fd.get(), {});
    leg.transport.emplace(std::move(fd));
    auto watcher = event::FdWatcher::Create(
        loop_.loop(), leg.transport->descriptor(),
        side == Side::kDownstream
            ? event::FdWatcher::Callback::To<&RelayTest::OnDownstreamReady>(this)
            : event::FdWatcher::Callback::To<&RelayTest::OnUpstreamReady>(this));
    leg.watcher = *std::move(watcher);
  }
  void OnDownstreamReady(event::Readiness readiness) {
    relay_->OnReady(Side::kDownstream, readiness);
  }
  void OnUpstreamReady(event::Readiness readiness) { relay_->OnReady(Side::kUpstream, readiness); }
  void OnEnd(Relay::Result result) {
    result_ = result;
    for (Leg* leg : {&downstream_, &upstream_}) {
      if (result.kind == Relay::Result::Kind::kFinished) {
        leg->transport->Close();
      } else {
        leg->transport->Abort();
      }
    }
  }
  void StartRelay(std::chrono::milliseconds idle_timeout = std::chrono::milliseconds(0)) {
    relay_ = std::make_unique<Relay>(
        downstream_, upstream_, resources_,
        Relay::Options{
            .idle_timeout = idle_timeout, .tcp_counters = tcp_, .cluster_counters = cluster_},
        Delegate<void(Relay::Result)>::To<&RelayTest::OnEnd>(this));
    relay_->Start();
  }
  static void Look(const UniqueFd& fd, Seen& seen) {
    std::vector<char> chunk(1 << 16);
    while (seen.end < 0) {
      const ssize_t received = recv(fd.get(), chunk.data(), chunk.size(), 0);
      const int error_number = errno;
      if (received > 0) {
        seen.bytes.append(chunk.data(), static_cast<size_t>(received));
      } else if (received == 0) {
        seen.end = 0;
      } else if (error_number == EAGAIN) {
        return;
      } else {
        seen.end = error_number;
      }
    }
  }
  bool RunUntilEnded() {
    return loop_.RunUntil([this] {
      Look(client_, client_saw_);
      Look(server_, server_saw_);
      return result_.has_value();
    });
  }
  static void SendAll(const UniqueFd& fd, absl::string_view bytes) {
    ASSERT_EQ(send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  static void ResetConnection(UniqueFd& fd) {
    net::SetResetOnClose(fd.get());
    fd.Reset();
  }

  testing::TestLoop loop_;
  observe::WorkerCounters counters_;
  observe::TcpProxyCounters tcp_;
  observe::ClusterCounters cluster_;
  std::vector<uint8_t> buffer_;
  PipePool pipes_;
  PumpResources resources_{
      .loop = loop_.loop(), .buffer = buffer_, .pipes = pipes_, .counters = counters_};
  UniqueFd client_;
  UniqueFd server_;
  Leg downstream_;
  Leg upstream_;
  std::unique_ptr<Relay> relay_;
  std::optional<Relay::Result> result_;
  Seen client_saw_;
  Seen server_saw_;
};

TEST_F(RelayTest, AnswersAfterTheClientsEndArrive) {
  StartRelay();
  SendAll(client_, "question");
  shutdown(client_.get(), SHUT_WR);
  ASSERT_TRUE(loop_.RunUntil([&] {
    Look(server_, server_saw_);
    return server_saw_.end == 0;
  }));
  EXPECT_EQ(server_saw_.bytes, "question");
  EXPECT_FALSE(result_.has_value());

  SendAll(server_, "answer");
  shutdown(server_.get(), SHUT_WR);

  ASSERT_TRUE(RunUntilEnded());
  ASSERT_TRUE(loop_.RunUntil([&] {
    Look(client_, client_saw_);
    return client_saw_.end >= 0;
  }));
  EXPECT_EQ(client_saw_.bytes, "answer");
  EXPECT_EQ(client_saw_.end, 0);
  EXPECT_EQ(result_->kind, Relay::Result::Kind::kFinished);
  EXPECT_EQ(result_->side, Side::kUpstream);
}

TEST_F(RelayTest, ResetStaysReset) {
  StartRelay();
  SendAll(server_, "half a sen");
  ResetConnection(server_);

  ASSERT_TRUE(RunUntilEnded());

  ASSERT_TRUE(loop_.RunUntil([&] {
    Look(client_, client_saw_);
    return client_saw_.end >= 0;
  }));
  // The bytes before the reset arrive, and no FIN pretends that they were all.
  EXPECT_EQ(client_saw_.end, ECONNRESET);
  EXPECT_EQ(result_->kind, Relay::Result::Kind::kReset);
  EXPECT_EQ(result_->side, Side::kUpstream);
}

TEST_F(RelayTest, AnswerArrivesThoughTheServerClosedOnTheClientsData) {
  StartRelay();
  SendAll(server_, "goodbye");
  shutdown(server_.get(), SHUT_WR);
  server_.Reset();
  SendAll(client_, "too late");

  ASSERT_TRUE(loop_.RunUntil([&] {
    Look(client_, client_saw_);
    return result_.has_value() && client_saw_.end >= 0;
  }));

  EXPECT_EQ(client_saw_.bytes, "goodbye");
}

TEST_F(RelayTest, NoticesAResetWhileItsReadingIsPaused) {
  StartRelay();
  // Fills the way to the server, which reads nothing: the client's side is paused.
  const std::string block(1 << 20, 'x');
  ASSERT_TRUE(loop_.RunUntil([&] {
    (void)send(client_.get(), block.data(), block.size(), MSG_NOSIGNAL);
    return relay_->from(Side::kDownstream).wants_write();
  }));

  ResetConnection(client_);

  // The server reads again, so that what the client had sent can be delivered before the reset is.
  ASSERT_TRUE(RunUntilEnded());
  EXPECT_EQ(result_->kind, Relay::Result::Kind::kReset);
  EXPECT_EQ(result_->side, Side::kDownstream);
}

TEST_F(RelayTest, NoticesAResetAfterAHalfClose) {
  StartRelay();
  shutdown(client_.get(), SHUT_WR);
  ASSERT_TRUE(loop_.RunUntil([&] { return relay_->from(Side::kDownstream).ended(); }));

  ResetConnection(client_);

  ASSERT_TRUE(RunUntilEnded());
  EXPECT_EQ(result_->kind, Relay::Result::Kind::kReset);
  EXPECT_EQ(server_saw_.bytes, "");
}

TEST_F(RelayTest, UrgentDataWhilePausedDoesNotSpin) {
  StartRelay();
  const std::string block(1 << 20, 'x');
  ASSERT_TRUE(loop_.RunUntil([&] {
    (void)send(client_.get(), block.data(), block.size(), MSG_NOSIGNAL);
    return relay_->from(Side::kDownstream).wants_write();
  }));
  (void)send(client_.get(), "!", 1, MSG_OOB);
  shutdown(client_.get(), SHUT_WR);
  int turns = 0;
  loop_.loop().SetAfterEvents([&] { ++turns; });

  // 50 turns of the test's own timer; a spinning loop makes thousands.
  int ticks = 0;
  loop_.RunUntil([&] { return ++ticks > 50; });

  EXPECT_LT(turns, 500);
}

TEST_F(RelayTest, IdleTimeoutResetsBothSides) {
  StartRelay(std::chrono::milliseconds(5));

  ASSERT_TRUE(RunUntilEnded());

  EXPECT_EQ(result_->kind, Relay::Result::Kind::kIdleTimeout);
  ASSERT_TRUE(loop_.RunUntil([&] {
    Look(client_, client_saw_);
    Look(server_, server_saw_);
    return client_saw_.end >= 0 && server_saw_.end >= 0;
  }));
  EXPECT_EQ(client_saw_.end, ECONNRESET);
  EXPECT_EQ(server_saw_.end, ECONNRESET);
}

TEST_F(RelayTest, CountsBytesAsTheyMove) {
  StartRelay();
  SendAll(client_, "12345");
  SendAll(server_, "123");

  ASSERT_TRUE(loop_.RunUntil([&] {
    return tcp_.downstream_cx_rx_bytes_total.value() == 5 &&
           tcp_.downstream_cx_tx_bytes_total.value() == 3;
  }));

  EXPECT_EQ(cluster_.upstream_cx_tx_bytes_total.value(), 5U);
  EXPECT_EQ(cluster_.upstream_cx_rx_bytes_total.value(), 3U);
}

}  // namespace
}  // namespace outrigger::session
