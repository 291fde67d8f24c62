// SPDX-License-Identifier: Apache-2.0
#include "xds/setting_table.h"

#include <utility>

#include "absl/container/flat_hash_map.h"

namespace outrigger::xds {
namespace {

using Key = std::pair<absl::string_view, absl::string_view>;

absl::flat_hash_map<Key, const Setting*> IndexSettings() {
  absl::flat_hash_map<Key, const Setting*> index;
  for (const auto& settings :
       {BootstrapSettings(), ListenerSettings(), ClusterSettings(), AccessLogSettings()}) {
    for (const Setting& setting : settings) {
      index.emplace(Key{setting.message, setting.field}, &setting);
    }
  }
  return index;
}

}  // namespace

const Setting* FindSetting(absl::string_view message, absl::string_view field) {
  static const auto* const index = new auto(IndexSettings());  // read-only, never freed
  const auto found = index->find(Key{message, field});
  return found == index->end() ? nullptr : found->second;
}

}  // namespace outrigger::xds
