// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"

#include "config/tcp_keepalive.h"

namespace outrigger::net {

// What every proxied socket gets, downstream and upstream: no Nagle delay (the application decides
// when to send), urgent data kept in line (so that copying and splicing carry it alike, and no byte
// is lost), keepalive. A socket whose peer is gone already may refuse some of these; that shows at
// the first read, so nothing is returned.
void SetProxiedSocketOptions(int fd, const config::TcpKeepalive& keepalive);

// Probes every limits::kHalfCloseProbeSeconds from now on: conntrack forgets a half-closed flow
// after 60 s of silence, and the answer to a request that ended with a FIN may take longer than
// that.
void SetHalfCloseKeepalive(int fd);

// The next close sends RST instead of FIN.
void SetResetOnClose(int fd);

}  // namespace outrigger::net
