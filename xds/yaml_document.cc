// SPDX-License-Identifier: Apache-2.0
#include "xds/yaml_document.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace outrigger::xds {
namespace {

const YamlMember* FindMember(const YamlNode& node, absl::string_view key) {
  for (const YamlMember& member : node.members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

// Splits "clusters[3]" into its name and, if there is one, its index.
absl::string_view SplitIndex(absl::string_view step, size_t& index, bool& has_index) {
  const size_t bracket = step.find('[');
  has_index = bracket != absl::string_view::npos && absl::EndsWith(step, "]") &&
              absl::SimpleAtoi(step.substr(bracket + 1, step.size() - bracket - 2), &index);
  return has_index ? step.substr(0, bracket) : step;
}

}  // namespace

const YamlNode* YamlNode::Find(absl::string_view key) const {
  const YamlMember* member = FindMember(*this, key);
  return member == nullptr ? nullptr : member->value;
}

std::string YamlNode::Describe() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return text;
    case Kind::kSequence:
      return "a list";
    case Kind::kMapping:
      return "a mapping";
  }
  return "";
}

int YamlDocument::FindLine(absl::string_view path) const {
  if (root_ == nullptr) return 1;
  const YamlNode* node = root_;
  int line = root_->line;
  for (const absl::string_view step : absl::StrSplit(path, '.', absl::SkipEmpty())) {
    size_t index = 0;
    bool has_index = false;
    const absl::string_view name = SplitIndex(step, index, has_index);
    const YamlMember* member = FindMember(*node, name);
    if (member == nullptr) member = FindMember(*node, LowerCamelCase(name));
    if (member == nullptr) return line;
    line = member->key_line;
    node = member->value;
    if (!has_index) continue;
    if (index >= node->members.size()) return line;
    node = node->members[index].value;
    line = node->line;
  }
  return line;
}

std::string LowerCamelCase(absl::string_view snake_case) {
  std::string camel;
  bool upper = false;
  for (const char c : snake_case) {
    if (c == '_') {
      upper = true;
    } else {
      camel += upper ? absl::ascii_toupper(static_cast<unsigned char>(c)) : c;
      upper = false;
    }
  }
  return camel;
}

}  // namespace outrigger::xds
