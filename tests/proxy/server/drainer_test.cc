// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/drainer.h"

#include <gtest/gtest.h>

#include "tests/support/test_loop.h"

namespace outrigger::server {
namespace {

class DrainerTest : public ::testing::Test {
 protected:
  Drainer Make(Drainer::Options options) {
    return Drainer(loop_.loop(), options,
                   {.stop_accepting = [this] { accepting_ = false; },
                    .sessions = [this] { return sessions_; },
                    .application_is_there = [this] { return application_; },
                    .exit = [this] { ++exits_; }});
  }
  // Runs several checks of the drainer.
  void RunForAWhile() {
    loop_.RunUntil([] { return false; }, std::chrono::milliseconds(350));
  }

  testing::TestLoop loop_;
  bool accepting_ = true;
  uint64_t sessions_ = 1;
  absl::StatusOr<bool> application_ = true;
  int exits_ = 0;
};

TEST_F(DrainerTest, SidecarOutlivesTheDrainTimeWhileTheApplicationIsThere) {
  Drainer drainer =
      Make({.termination = Termination::kApplication, .drain_time = std::chrono::seconds(0)});
  drainer.OnSignal();
  RunForAWhile();
  EXPECT_EQ(exits_, 0);
  EXPECT_TRUE(accepting_);
  EXPECT_TRUE(drainer.draining());

  application_ = false;
  RunForAWhile();

  EXPECT_EQ(exits_, 1);
}

TEST_F(DrainerTest, SidecarWithoutSessionsNeedNotWaitForTheDrainTime) {
  sessions_ = 0;
  application_ = false;
  Drainer drainer =
      Make({.termination = Termination::kApplication, .drain_time = std::chrono::seconds(60)});
  drainer.OnSignal();
  EXPECT_EQ(exits_, 1);
}

TEST_F(DrainerTest, SidecarWithSessionsWaitsForTheDrainTimeThoughTheApplicationIsGone) {
  application_ = false;
  Drainer drainer =
      Make({.termination = Termination::kApplication, .drain_time = std::chrono::seconds(60)});
  drainer.OnSignal();
  RunForAWhile();
  EXPECT_EQ(exits_, 0);
}

TEST_F(DrainerTest, SidecarObeysAnUpperLimit) {
  Drainer drainer = Make({.termination = Termination::kApplication,
                          .drain_time = std::chrono::seconds(0),
                          .limit = std::chrono::seconds(0)});
  drainer.OnSignal();
  EXPECT_EQ(exits_, 1);
}

TEST_F(DrainerTest, StandaloneAcceptsNoMoreAndWaitsForSessions) {
  Drainer drainer =
      Make({.termination = Termination::kSessions, .drain_time = std::chrono::seconds(60)});
  drainer.OnSignal();
  RunForAWhile();
  EXPECT_FALSE(accepting_);
  EXPECT_EQ(exits_, 0);

  sessions_ = 0;
  RunForAWhile();

  EXPECT_EQ(exits_, 1);
}

TEST_F(DrainerTest, SecondSignalEndsAtOnceExceptUnderIstio) {
  Drainer standalone =
      Make({.termination = Termination::kSessions, .drain_time = std::chrono::seconds(60)});
  standalone.OnSignal();
  standalone.OnSignal();
  EXPECT_EQ(exits_, 1);

  Drainer istio =
      Make({.termination = Termination::kIstio, .drain_time = std::chrono::seconds(60)});
  istio.OnSignal();
  istio.OnSignal();
  EXPECT_EQ(exits_, 1);
}

TEST_F(DrainerTest, FallsBackToTheDrainTimeWhenItCannotTell) {
  application_ = absl::UnavailableError("no sock_diag");
  Drainer drainer =
      Make({.termination = Termination::kApplication, .drain_time = std::chrono::seconds(0)});
  drainer.OnSignal();
  EXPECT_EQ(exits_, 1);
}

}  // namespace
}  // namespace outrigger::server
