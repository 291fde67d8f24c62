// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tcp_pair.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "proxy/base/check.h"
#include "proxy/net/socket.h"

namespace outrigger::testing {

TcpPair MakeTcpPair() {
  const auto any_port = config::SocketAddress::Parse("127.0.0.1:0");
  auto listener = net::BindListener(*any_port, {});
  CHECK(listener.ok(), listener.status().message());
  CHECK(net::StartListening(listener->get()).ok());
  const auto address = net::LocalAddress(listener->get());
  TcpPair pair;
  int error_number = 0;
  pair.client = *net::CreateTcpSocket(config::IpAddress::Family::kIpv4, &error_number);
  CHECK(net::StartConnect(pair.client.get(), *address) == 0);
  // Loopback: the handshake is over when connect returns; accept still wants a blocking descriptor.
  CHECK(fcntl(listener->get(), F_SETFL, 0) == 0);
  pair.server.Reset(accept4(listener->get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  CHECK(static_cast<bool>(pair.server));
  return pair;
}

}  // namespace outrigger::testing
