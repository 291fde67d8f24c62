// SPDX-License-Identifier: Apache-2.0
#include "config/field_path.h"

#include "absl/strings/str_cat.h"

namespace outrigger::config {

std::string FieldPath::Format() const {
  std::string text;
  AppendTo(text);
  return text;
}

void FieldPath::AppendTo(std::string& text) const {
  if (parent_ != nullptr) parent_->AppendTo(text);
  if (name_.empty()) return;
  if (!text.empty()) text += '.';
  absl::StrAppend(&text, name_);
  if (index_ != kNoIndex) absl::StrAppend(&text, "[", index_, "]");
}

}  // namespace outrigger::config
