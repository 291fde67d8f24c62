// SPDX-License-Identifier: Apache-2.0
#include "proxy/upstream/dial_registry.h"

#include <latch>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace outrigger::upstream {
namespace {

using config::SocketAddress;
using enum config::TrafficDirection;

const SocketAddress kPod = *SocketAddress::Parse("10.77.0.20:40000");
const SocketAddress kRemote = *SocketAddress::Parse("10.77.0.21:2181");

struct Case {
  config::TrafficDirection dial;
  config::TrafficDirection accept;
  bool came_back;
};

TEST(DialRegistryTest, WhoeverComesSecondIsToldInBothOrders) {
  const Case cases[] = {
      {kOutbound, kOutbound, true},    {kInbound, kInbound, true},
      {kInbound, kOutbound, true},     {kUnspecified, kInbound, true},
      {kOutbound, kUnspecified, true}, {kUnspecified, kUnspecified, true},
      {kOutbound, kInbound, false},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(absl::StrCat(static_cast<int>(test.dial), " to ", static_cast<int>(test.accept)));
    DialRegistry registry;
    bool first = true;
    bool second = true;
    {
      const auto dial = registry.RegisterDial(kPod, kRemote, test.dial, first);
      const auto accept = registry.RegisterAccept(kPod, kRemote, test.accept, second);
      EXPECT_FALSE(first);
      EXPECT_EQ(second, test.came_back);
    }
    {
      const auto accept = registry.RegisterAccept(kPod, kRemote, test.accept, first);
      const auto dial = registry.RegisterDial(kPod, kRemote, test.dial, second);
      EXPECT_FALSE(first);
      EXPECT_EQ(second, test.came_back);
    }
    EXPECT_EQ(registry.size(), 0u);
  }
}

TEST(DialRegistryTest, SourceAndDestinationMustBothBeTheSame) {
  DialRegistry registry;
  const SocketAddress other_port = *SocketAddress::Parse("10.77.0.20:40001");
  const SocketAddress other_remote = *SocketAddress::Parse("10.77.0.22:2181");
  bool came_back = true;

  const auto dial = registry.RegisterDial(kPod, kRemote, kOutbound, came_back);
  EXPECT_FALSE(came_back);
  const auto one = registry.RegisterAccept(other_port, kRemote, kOutbound, came_back);
  EXPECT_FALSE(came_back) << "the application dials the same address";
  const auto two = registry.RegisterAccept(kPod, other_remote, kOutbound, came_back);
  EXPECT_FALSE(came_back);
  const auto three = registry.RegisterAccept(kRemote, kPod, kOutbound, came_back);
  EXPECT_FALSE(came_back) << "the other way round";
}

TEST(DialRegistryTest, AnEntryEndsWithItsHandle) {
  DialRegistry registry;
  bool came_back = true;
  auto dial = registry.RegisterDial(kPod, kRemote, kOutbound, came_back);
  DialRegistry::Handle moved = std::move(dial);
  dial.Reset();
  EXPECT_EQ(registry.size(), 1u);

  moved = {};

  EXPECT_EQ(registry.size(), 0u);
  const auto accept = registry.RegisterAccept(kPod, kRemote, kOutbound, came_back);
  EXPECT_FALSE(came_back);
}

// The kernel gives the addresses of a closed socket to the next one before its old entry is gone.
TEST(DialRegistryTest, TwoEntriesOfOneKindAreCounted) {
  DialRegistry registry;
  bool came_back = true;
  auto old_dial = registry.RegisterDial(kPod, kRemote, kOutbound, came_back);
  const auto new_dial = registry.RegisterDial(kPod, kRemote, kOutbound, came_back);
  EXPECT_FALSE(came_back);

  old_dial.Reset();

  const auto accept = registry.RegisterAccept(kPod, kRemote, kOutbound, came_back);
  EXPECT_TRUE(came_back);
}

// One thread dials, the other accepts, in no fixed order: of every pair exactly one side is told.
TEST(DialRegistryTest, OfTwoThreadsExactlyOneIsTold) {
  constexpr size_t kPairs = 20'000;
  DialRegistry registry;
  struct Side {
    std::vector<DialRegistry::Handle> handles{kPairs};
    std::vector<char> came_back = std::vector<char>(kPairs);
  };
  Side dials;
  Side accepts;
  std::latch start(2);
  const auto source_of = [](size_t pair) {
    return SocketAddress(kPod.ip(), static_cast<uint16_t>(1024 + pair));
  };

  std::thread dialler([&] {
    start.arrive_and_wait();
    for (size_t i = 0; i < kPairs; ++i) {
      bool came_back = false;
      dials.handles[i] = registry.RegisterDial(source_of(i), kRemote, kOutbound, came_back);
      dials.came_back[i] = came_back ? 1 : 0;
    }
  });
  std::thread acceptor([&] {
    start.arrive_and_wait();
    for (size_t i = 0; i < kPairs; ++i) {
      bool came_back = false;
      accepts.handles[i] = registry.RegisterAccept(source_of(i), kRemote, kOutbound, came_back);
      accepts.came_back[i] = came_back ? 1 : 0;
    }
  });
  dialler.join();
  acceptor.join();

  for (size_t i = 0; i < kPairs; ++i) {
    ASSERT_EQ(dials.came_back[i] + accepts.came_back[i], 1) << "pair " << i;
  }
  EXPECT_EQ(registry.size(), 2 * kPairs);
  dials.handles.clear();
  accepts.handles.clear();
  EXPECT_EQ(registry.size(), 0u);
}

TEST(DialRegistryTest, EntriesComeAndGoUnderManyThreads) {
  DialRegistry registry;
  const auto churn = [&registry](bool dial) {
    bool came_back = false;
    for (uint16_t i = 0; i < 20'000; ++i) {
      const SocketAddress source(kPod.ip(), static_cast<uint16_t>(1 + i % 7));
      const auto handle = dial ? registry.RegisterDial(source, kRemote, kInbound, came_back)
                               : registry.RegisterAccept(source, kRemote, kInbound, came_back);
    }
  };
  std::vector<std::thread> threads;
  for (const bool dial : {true, false, true, false}) threads.emplace_back(churn, dial);
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(registry.size(), 0u);
}

}  // namespace
}  // namespace outrigger::upstream
