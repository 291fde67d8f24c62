// SPDX-License-Identifier: Apache-2.0
#include "config/findings.h"

namespace outrigger::config {
namespace {

void Add(std::vector<Finding>& kept, size_t& dropped, Finding finding) {
  if (kept.size() < kFindingsMax) {
    kept.push_back(std::move(finding));
  } else {
    ++dropped;
  }
}

}  // namespace

void Findings::Error(const FieldPath& path, absl::string_view value, absl::string_view message) {
  ErrorAt(0, path, value, message);
}

void Findings::Missing(const FieldPath& path, absl::string_view message) {
  Add(errors_, errors_dropped_, {path.Format(), "", std::string{message}, 0, true});
}

void Findings::ErrorAt(int line, const FieldPath& path, absl::string_view value,
                       absl::string_view message) {
  Add(errors_, errors_dropped_,
      {path.Format(), std::string{value}, std::string{message}, line, false});
}

void Findings::Warning(const FieldPath& path, absl::string_view value, absl::string_view message) {
  WarningAt(0, path, value, message);
}

void Findings::WarningAt(int line, const FieldPath& path, absl::string_view value,
                         absl::string_view message) {
  Add(warnings_, warnings_dropped_,
      {path.Format(), std::string{value}, std::string{message}, line, false});
}

}  // namespace outrigger::config
