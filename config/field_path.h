// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "absl/base/attributes.h"
#include "absl/strings/string_view.h"

namespace outrigger::config {

// Where in a configuration one stands: "static_resources.clusters[3].load_assignment". A chain of
// values on the stack, so that decoding ten thousand clusters formats no text unless something is
// wrong. A child borrows its parent and the name: never keep one beyond the scope that made the
// parent, and give each step that outlives its statement a name.
class FieldPath {
 public:
  // The root: the message itself. Formats as nothing.
  FieldPath() = default;

  FieldPath Field(absl::string_view name) const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return {this, name, kNoIndex};
  }
  // Member `index` of the repeated field `name`.
  FieldPath Element(absl::string_view name, size_t index) const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return {this, name, index};
  }

  std::string Format() const;

 private:
  static constexpr size_t kNoIndex = static_cast<size_t>(-1);

  FieldPath(const FieldPath* parent, absl::string_view name, size_t index)
      : parent_(parent), name_(name), index_(index) {}
  void AppendTo(std::string& text) const;

  const FieldPath* parent_ = nullptr;
  absl::string_view name_;
  size_t index_ = kNoIndex;
};

}  // namespace outrigger::config
