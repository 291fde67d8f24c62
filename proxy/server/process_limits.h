// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proxy/server/worker_loads.h"

namespace outrigger::server {

// Raises the soft limit of open files to the hard one and returns it.
uint64_t RaiseDescriptorLimit();

// How many sessions fit: what was asked for (0: limits::kSessionsMax), and what `descriptors` leave
// once limits::kReservedDescriptors and the workers' pipes are taken off.
WorkerLoads::Limits SessionLimits(uint64_t sessions_max, uint64_t descriptors, size_t workers);

}  // namespace outrigger::server
