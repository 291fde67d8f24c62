// SPDX-License-Identifier: Apache-2.0
#include "proxy/session/pump.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <random>
#include <string>
#include <vector>

#include "proxy/base/limits.h"
#include "proxy/net/socket_options.h"
#include "proxy/transport/plain_transport.h"
#include "tests/support/tcp_pair.h"
#include "tests/support/test_loop.h"

namespace outrigger::session {
namespace {

std::string RandomBytes(size_t size) {
  std::mt19937_64 random(42);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// A pump between two real connections: we hold the far ends.
class PumpTest : public ::testing::Test {
 protected:
  PumpTest()
      : in_(testing::MakeTcpPair()),
        out_(testing::MakeTcpPair()),
        buffer_(limits::kCopyBufferBytes),
        pipes_(counters_),
        resources_{.loop = loop_.loop(), .buffer = buffer_, .pipes = pipes_, .counters = counters_},
        source_(std::move(in_.server)),
        sink_(std::move(out_.client)),
        path_{source_, sink_, resources_} {}
  ~PumpTest() override { pump_.DiscardHeld(pipes_); }

  ssize_t Send(absl::string_view bytes) {
    return send(in_.client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  // Takes what has arrived at the far end.
  std::string Receive() {
    std::string all;
    std::vector<char> chunk(1 << 16);
    for (;;) {
      const ssize_t received = recv(out_.server.get(), chunk.data(), chunk.size(), 0);
      if (received <= 0) return all;
      all.append(chunk.data(), static_cast<size_t>(received));
    }
  }
  // Moves all of `payload` through the pump in writes as large as the socket takes.
  std::string Transfer(absl::string_view payload) {
    std::string got;
    size_t sent = 0;
    for (int turn = 0; turn < 1'000'000 && got.size() < payload.size(); ++turn) {
      if (sent < payload.size()) {
        const ssize_t taken = Send(payload.substr(sent));
        if (taken > 0) sent += static_cast<size_t>(taken);
      }
      if (IsReady()) pump_.Run(path_);
      got += Receive();
    }
    return got;
  }
  // As the loop would tell: a pump is not called for nothing.
  bool IsReady() const {
    pollfd wanted{.fd = source_.descriptor(), .events = POLLIN, .revents = 0};
    return pump_.wants_write() || poll(&wanted, 1, 0) == 1;
  }

  testing::TestLoop loop_;
  testing::TcpPair in_;
  testing::TcpPair out_;
  observe::WorkerCounters counters_;
  std::vector<uint8_t> buffer_;
  PipePool pipes_;
  PumpResources resources_;
  transport::PlainTransport source_;
  transport::PlainTransport sink_;
  Pump::Path path_;
  Pump pump_;
};

TEST_F(PumpTest, CarriesSmallWrites) {
  ASSERT_EQ(Send("hello"), 5);

  EXPECT_EQ(pump_.Run(path_), Pump::Outcome::kIdle);

  EXPECT_EQ(Receive(), "hello");
  EXPECT_EQ(pump_.bytes(), 5U);
  EXPECT_FALSE(pump_.splicing());
}

TEST_F(PumpTest, MovesBulkToSpliceUnchanged) {
  const std::string payload = RandomBytes(16 << 20);

  const std::string got = Transfer(payload);

  EXPECT_TRUE(got == payload);
  EXPECT_TRUE(pump_.splicing());
  EXPECT_GT(counters_.relay_spliced_bytes.value(), payload.size() / 2);
}

TEST_F(PumpTest, ComesBackToCopyingAfterBulk) {
  Transfer(RandomBytes(8 << 20));
  ASSERT_TRUE(pump_.splicing());

  for (int i = 0; i < 2 * limits::kShortSplicesToCopy; ++i) {
    ASSERT_EQ(Send("tick"), 4);
    EXPECT_EQ(pump_.Run(path_), Pump::Outcome::kIdle);
    EXPECT_EQ(Receive(), "tick");
  }

  EXPECT_FALSE(pump_.splicing());
}

TEST_F(PumpTest, DoesNotReadWhileSinkIsFull) {
  const std::string payload = RandomBytes(1 << 20);
  Pump::Outcome outcome = Pump::Outcome::kIdle;
  for (int turn = 0; turn < 1000 && outcome != Pump::Outcome::kSinkFull; ++turn) {
    Send(payload);
    outcome = pump_.Run(path_);
  }
  ASSERT_EQ(outcome, Pump::Outcome::kSinkFull);
  const size_t held = pump_.held();

  EXPECT_TRUE(pump_.wants_write());
  EXPECT_FALSE(pump_.wants_read());
  EXPECT_EQ(pump_.Run(path_), Pump::Outcome::kSinkFull);
  EXPECT_EQ(pump_.held(), held);
  EXPECT_LE(held, static_cast<size_t>(limits::kPipeBytes));
}

TEST_F(PumpTest, PassesTheEndOnAfterTheLastByte) {
  ASSERT_EQ(Send("last words"), 10);
  shutdown(in_.client.get(), SHUT_WR);

  Pump::Outcome outcome = pump_.Run(path_);
  if (outcome == Pump::Outcome::kIdle) outcome = pump_.Run(path_);

  EXPECT_EQ(outcome, Pump::Outcome::kEnded);
  EXPECT_EQ(Receive(), "last words");
  char byte = 0;
  EXPECT_EQ(recv(out_.server.get(), &byte, 1, 0), 0);
}

TEST_F(PumpTest, TellsThatTheSourceWasReset) {
  net::SetResetOnClose(in_.client.get());
  in_.client.Reset();

  EXPECT_EQ(pump_.Run(path_), Pump::Outcome::kSourceFailed);

  EXPECT_EQ(pump_.error_number(), ECONNRESET);
}

TEST_F(PumpTest, TellsThatTheSinkWasReset) {
  net::SetResetOnClose(out_.server.get());
  out_.server.Reset();
  ASSERT_EQ(Send("into the void"), 13);

  EXPECT_EQ(pump_.Run(path_), Pump::Outcome::kSinkFailed);

  EXPECT_EQ(pump_.held(), 0U);
}

TEST_F(PumpTest, CarriesUrgentBytesInEveryMode) {
  net::SetProxiedSocketOptions(source_.descriptor(), {});
  const std::string payload = RandomBytes(8 << 20);
  ASSERT_TRUE(Transfer(payload) == payload);
  ASSERT_TRUE(pump_.splicing());
  ASSERT_EQ(send(in_.client.get(), "!", 1, MSG_OOB), 1);
  ASSERT_EQ(Send("after"), 5);

  std::string got;
  for (int turn = 0; turn < 100'000 && got.size() < 6; ++turn) {
    if (IsReady()) pump_.Run(path_);
    got += Receive();
  }

  EXPECT_EQ(got, "!after");
}

TEST(PipePoolTest, RefusesBeyondTheWorkersShare) {
  observe::WorkerCounters counters;
  PipePool pool(counters);
  std::vector<std::unique_ptr<Pipe>> borrowed;
  for (int i = 0; i < limits::kPipesPerWorkerMax; ++i) {
    borrowed.push_back(pool.Acquire(1));
    ASSERT_NE(borrowed.back(), nullptr);
  }

  EXPECT_EQ(pool.Acquire(1), nullptr);
  pool.Release(std::move(borrowed.back()));
  EXPECT_NE(pool.Acquire(1), nullptr);
}

}  // namespace
}  // namespace outrigger::session
