// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "proxy/base/limits.h"

namespace outrigger::net {
namespace {

void SetInt(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof(value));
}

}  // namespace

void SetProxiedSocketOptions(int fd, const config::TcpKeepalive& keepalive) {
  SetInt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetInt(fd, SOL_SOCKET, SO_OOBINLINE, 1);
  SetInt(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetInt(fd, IPPROTO_TCP, TCP_KEEPIDLE,
         static_cast<int>(keepalive.idle_seconds.value_or(limits::kKeepaliveIdleSeconds)));
  SetInt(fd, IPPROTO_TCP, TCP_KEEPINTVL,
         static_cast<int>(keepalive.interval_seconds.value_or(limits::kKeepaliveIntervalSeconds)));
  SetInt(fd, IPPROTO_TCP, TCP_KEEPCNT,
         static_cast<int>(keepalive.probes.value_or(limits::kKeepaliveProbes)));
}

void SetHalfCloseKeepalive(int fd) {
  SetInt(fd, IPPROTO_TCP, TCP_KEEPIDLE, limits::kHalfCloseProbeSeconds);
  SetInt(fd, IPPROTO_TCP, TCP_KEEPINTVL, limits::kHalfCloseProbeSeconds);
}

void SetResetOnClose(int fd) {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

}  // namespace outrigger::net
