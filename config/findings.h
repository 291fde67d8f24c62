// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "config/field_path.h"

namespace outrigger::config {

// Findings of one kind that are kept; further ones are only counted. Nobody repairs more in one go,
// and a generated file with the same mistake in each of 10,000 clusters must not fill the terminal.
inline constexpr size_t kFindingsMax = 200;

// Something wrong, or ignored, at one place of a configuration.
struct Finding {
  std::string path;
  std::string value;    // as the user wrote it; empty: there is none to show
  std::string message;  // what was expected
  int line = 0;         // 0: not known to who found it
  // Something that is not there. Says nothing if it is there but could not be read.
  bool is_absence = false;
};

// Collects every finding, so that a user sees all mistakes of a file at once. Errors make the
// configuration unusable; warnings say what is ignored.
class Findings {
 public:
  void Error(const FieldPath& path, absl::string_view value, absl::string_view message);
  void Error(const FieldPath& path, absl::string_view message) { Error(path, "", message); }
  void Missing(const FieldPath& path, absl::string_view message);
  void ErrorAt(int line, const FieldPath& path, absl::string_view value, absl::string_view message);
  void Warning(const FieldPath& path, absl::string_view value, absl::string_view message);
  void Warning(const FieldPath& path, absl::string_view message) { Warning(path, "", message); }
  void WarningAt(int line, const FieldPath& path, absl::string_view value,
                 absl::string_view message);

  bool ok() const { return errors_.empty(); }
  const std::vector<Finding>& errors() const { return errors_; }
  const std::vector<Finding>& warnings() const { return warnings_; }
  size_t errors_dropped() const { return errors_dropped_; }
  size_t warnings_dropped() const { return warnings_dropped_; }

 private:
  std::vector<Finding> errors_;
  std::vector<Finding> warnings_;
  size_t errors_dropped_ = 0;
  size_t warnings_dropped_ = 0;
};

}  // namespace outrigger::config
