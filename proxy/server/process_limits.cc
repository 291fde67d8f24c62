// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/process_limits.h"

#include <sys/resource.h>

#include <algorithm>

#include "proxy/base/limits.h"

namespace outrigger::server {

uint64_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t soft = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : soft;
}

WorkerLoads::Limits SessionLimits(uint64_t sessions_max, uint64_t descriptors, size_t workers) {
  // Pipes are worth having, sessions more: a process with few descriptors gives at most a quarter
  // to pipes (which then fail and copy instead).
  const uint64_t pipes =
      std::min<uint64_t>(workers * limits::kPipesPerWorkerMax * 2, descriptors / 4);
  const uint64_t taken = std::min(descriptors, limits::kReservedDescriptors + pipes);
  return {.sessions = sessions_max == 0 ? limits::kSessionsMax : sessions_max,
          .sessions_by_descriptors =
              std::max<uint64_t>((descriptors - taken) / limits::kDescriptorsPerSession, 1)};
}

}  // namespace outrigger::server
