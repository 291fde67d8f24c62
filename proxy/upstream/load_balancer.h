// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "config/socket_address.h"
#include "proxy/upstream/endpoint_state.h"

namespace outrigger::upstream {

// An endpoint as a cluster serves it.
struct ServedEndpoint {
  config::SocketAddress address;
  uint32_t weight = 1;
  uint32_t priority = 0;
  bool usable = true;  // by its health
  EndpointStatePtr state;
};

// Chooses among the endpoints that it was made of; never empty. Any thread may pick.
class LoadBalancer {
 public:
  virtual ~LoadBalancer() = default;
  LoadBalancer(const LoadBalancer&) = delete;
  LoadBalancer& operator=(const LoadBalancer&) = delete;

  // The place in that list of the endpoint for a new connection.
  virtual size_t Pick(uint64_t random_bits) = 0;

 protected:
  LoadBalancer() = default;
};

}  // namespace outrigger::upstream
