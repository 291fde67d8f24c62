// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace outrigger::server {

// CPUs that this process may use: its affinity mask, cut to its cgroup's CPU quota (v1 and v2)
// rounded up. At least 1.
size_t AllowedCpus();

// The pure part: CPUs of a quota, 0 for none. `cpu_max` is the content of cgroup v2's cpu.max
// ("150000 100000" or "max 100000").
size_t CpusOfCpuMax(absl::string_view cpu_max);
// Content of v1's cpu.cfs_quota_us ("-1" for none) and cpu.cfs_period_us.
size_t CpusOfCfs(absl::string_view quota_us, absl::string_view period_us);

}  // namespace outrigger::server
