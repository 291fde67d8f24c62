// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace outrigger::xds {

struct YamlNode;

// A member of a mapping, or of a sequence (then without key).
struct YamlMember {
  std::string key;
  int key_line = 0;
  const YamlNode* value = nullptr;
};

// One value of a YAML document. Owned by its YamlDocument; an alias points at the very node of its
// anchor.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMapping };

  Kind kind = Kind::kNull;
  bool quoted = false;  // a scalar in quotes or block form: always text
  int line = 0;         // 1 for the first
  std::string text;     // of a scalar
  std::vector<YamlMember> members;

  // Null if there is no such key.
  const YamlNode* Find(absl::string_view key) const;
  // What to show in a message: the text of a scalar, "a list", "a mapping".
  std::string Describe() const;
};

// A parsed file. Movable; nodes keep their addresses.
class YamlDocument {
 public:
  // Null for an empty document.
  const YamlNode* root() const { return root_; }

  // The line of the field that `path` names ("static_resources.clusters[3].name"), or of the
  // nearest parent that is there. Finds keys in snake_case and in lowerCamelCase.
  int FindLine(absl::string_view path) const;

 private:
  friend class YamlBuilder;

  std::deque<YamlNode> nodes_;
  const YamlNode* root_ = nullptr;
};

// "connect_timeout" -> "connectTimeout", as protobuf's JSON form has it.
std::string LowerCamelCase(absl::string_view snake_case);

}  // namespace outrigger::xds
