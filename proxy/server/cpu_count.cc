// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace outrigger::server {
namespace {

size_t RoundUp(int64_t quota, int64_t period) {
  if (quota <= 0 || period <= 0) return 0;
  return static_cast<size_t>((quota + period - 1) / period);
}

std::string ReadFirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Folders of /proc/self/cgroup for one v1 controller, or for v2 (controller empty).
std::string CgroupFolder(absl::string_view controller) {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;
    for (const absl::string_view name : absl::StrSplit(parts[1], ',')) {
      if (name == controller) return parts[2];
    }
  }
  return "";
}

// The smallest quota on the way up from `folder` to the mount point: an outer group limits an inner
// one.
template <typename CpusOf>
size_t SmallestQuota(absl::string_view mount, std::string folder, CpusOf cpus_of) {
  size_t smallest = 0;
  for (;;) {
    const size_t cpus = cpus_of(absl::StrCat(mount, folder));
    if (cpus != 0) smallest = smallest == 0 ? cpus : std::min(smallest, cpus);
    const size_t slash = folder.rfind('/');
    if (slash == std::string::npos) return smallest;
    folder.resize(slash);
  }
}

size_t QuotaCpus() {
  const size_t v2 =
      SmallestQuota("/sys/fs/cgroup", CgroupFolder(""), [](const std::string& folder) {
        return CpusOfCpuMax(ReadFirstLine(absl::StrCat(folder, "/cpu.max")));
      });
  if (v2 != 0) return v2;
  return SmallestQuota("/sys/fs/cgroup/cpu", CgroupFolder("cpu"), [](const std::string& folder) {
    return CpusOfCfs(ReadFirstLine(absl::StrCat(folder, "/cpu.cfs_quota_us")),
                     ReadFirstLine(absl::StrCat(folder, "/cpu.cfs_period_us")));
  });
}

}  // namespace

size_t CpusOfCpuMax(absl::string_view cpu_max) {
  const std::vector<absl::string_view> parts = absl::StrSplit(cpu_max, ' ');
  if (parts.size() != 2) return 0;
  return CpusOfCfs(parts[0], parts[1]);
}

size_t CpusOfCfs(absl::string_view quota_us, absl::string_view period_us) {
  int64_t quota = 0;
  int64_t period = 0;
  if (!absl::SimpleAtoi(quota_us, &quota) || !absl::SimpleAtoi(period_us, &period)) return 0;
  return RoundUp(quota, period);
}

size_t AllowedCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  size_t cpus = 1;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    cpus = static_cast<size_t>(std::max(CPU_COUNT(&set), 1));
  }
  const size_t quota = QuotaCpus();
  return quota == 0 ? cpus : std::min(cpus, quota);
}

}  // namespace outrigger::server
