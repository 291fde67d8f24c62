// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a configuration file: read along the subset and, where this build has the descriptor
// set, along the published API too.
#include <cstddef>
#include <cstdint>

#include "absl/strings/match.h"

#include "proxy/base/check.h"
#include "xds/file_source.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using outrigger::xds::LoadBootstrapText;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);

  const auto by_subset = LoadBootstrapText(text, "f", "");
  const auto by_api = LoadBootstrapText(text, "f", OUTRIGGER_DESCRIPTOR_SET);

  for (const auto& loaded : {&by_subset, &by_api}) {
    if (loaded->ok()) {
      CHECK((*loaded)->bootstrap.static_resources != nullptr);
    } else {
      CHECK(absl::StartsWith(loaded->status().message(), "f:"), loaded->status().message());
    }
  }
  // Whatever the subset takes, the API takes with the same meaning.
  if (by_subset.ok()) {
    CHECK(by_api.ok(), by_api.status().message());
    CHECK(by_subset->bootstrap.node_id == by_api->bootstrap.node_id);
    CHECK(by_subset->bootstrap.admin_address == by_api->bootstrap.admin_address);
  }
  return 0;
}
