// SPDX-License-Identifier: Apache-2.0
#include "proxy/policy/listener_index.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace outrigger::policy {
namespace {

using config::ListenAddress;
using config::SocketAddress;
using ::testing::AllOf;
using ::testing::HasSubstr;

ListenAddress At(absl::string_view address) { return {.address = *SocketAddress::Parse(address)}; }
ListenAddress AtBothFamilies(absl::string_view address) {
  return {.address = *SocketAddress::Parse(address), .ipv4_compat = true};
}

ServedListenerPtr Listener(std::string name, std::vector<ListenAddress> addresses) {
  auto served = MakeServedListener(std::make_shared<config::Listener>(config::Listener{
      .name = std::move(name), .addresses = std::move(addresses), .bind_to_port = false}));
  EXPECT_TRUE(served.ok());
  return *served;
}

class ListenerIndexTest : public ::testing::Test {
 protected:
  void Make(std::vector<ServedListenerPtr> listeners) {
    auto index = ListenerIndex::Create(std::move(listeners));
    ASSERT_TRUE(index.ok()) << index.status();
    index_ = *std::move(index);
  }
  std::string Found(absl::string_view destination) const {
    const ServedListenerPtr served =
        index_.Find(OriginalDestination(*SocketAddress::Parse(destination)));
    return served == nullptr ? "none" : served->listener->name;
  }
  ListenerIndex index_;
};

TEST_F(ListenerIndexTest, AnExactAddressComesBeforeTheWildcard) {
  Make({Listener("any", {At("0.0.0.0:80")}), Listener("one", {At("10.0.0.1:80")}),
        Listener("six", {At("[fd00::1]:80")})});

  EXPECT_EQ(Found("10.0.0.1:80"), "one");
  EXPECT_EQ(Found("10.0.0.2:80"), "any");
  EXPECT_EQ(Found("[fd00::1]:80"), "six");
  EXPECT_EQ(Found("10.0.0.1:81"), "none");
}

TEST_F(ListenerIndexTest, AWildcardHoldsForItsOwnFamily) {
  Make({Listener("four", {At("0.0.0.0:80")}), Listener("six", {At("[::]:81")})});

  EXPECT_EQ(Found("[fd00::1]:80"), "none");
  EXPECT_EQ(Found("[fd00::1]:81"), "six");
  EXPECT_EQ(Found("10.0.0.1:81"), "none") << "this one is for IPv6 only";
}

TEST_F(ListenerIndexTest, AnIpv6WildcardMayTakeIpv4ButComesLast) {
  Make({Listener("both", {AtBothFamilies("[::]:80")}),
        Listener("both too", {AtBothFamilies("[::]:81")}), Listener("four", {At("0.0.0.0:81")})});

  EXPECT_EQ(Found("10.0.0.1:80"), "both");
  EXPECT_EQ(Found("[fd00::1]:80"), "both");
  EXPECT_EQ(Found("10.0.0.1:81"), "four");
  EXPECT_EQ(Found("[fd00::1]:81"), "both too");
}

TEST_F(ListenerIndexTest, AdditionalAddressesTakePart) {
  Make({Listener("dual", {At("10.0.0.1:80"), At("[fd00::1]:80")})});

  EXPECT_EQ(Found("10.0.0.1:80"), "dual");
  EXPECT_EQ(Found("[fd00::1]:80"), "dual");
}

TEST_F(ListenerIndexTest, PortsThatTheKernelWillChooseTakeNoPart) {
  Make({Listener("one", {At("127.0.0.1:0")}), Listener("other", {At("127.0.0.1:0")})});

  EXPECT_EQ(Found("127.0.0.1:0"), "none");
  EXPECT_EQ(index_.listeners().size(), 2u);
}

TEST_F(ListenerIndexTest, OneAddressTwiceIsRefusedByName) {
  const auto index = ListenerIndex::Create(
      {Listener("one", {At("10.0.0.1:80")}), Listener("two", {At("10.0.0.1:80")})});

  ASSERT_EQ(index.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(index.status().message()),
              AllOf(HasSubstr("\"one\""), HasSubstr("\"two\""), HasSubstr("10.0.0.1:80")));
}

TEST_F(ListenerIndexTest, StaysUsableWhenMoved) {
  Make({Listener("both", {AtBothFamilies("[::]:80")})});
  const ListenerIndex moved = std::move(index_);

  const ServedListenerPtr served =
      moved.Find(OriginalDestination(*SocketAddress::Parse("10.0.0.1:80")));

  ASSERT_NE(served, nullptr);
  EXPECT_EQ(served->listener->name, "both");
}

}  // namespace
}  // namespace outrigger::policy
