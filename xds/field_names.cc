// SPDX-License-Identifier: Apache-2.0
#include "xds/field_names.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace outrigger::xds {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

struct Replacement {
  absl::string_view removed;
  absl::string_view instead;
};
// Fields of v2 that v3 has under another name, by far the most usual in old examples.
constexpr Replacement kReplacements[] = {
    {"hosts", "load_assignment"},
    {"tls_context", "transport_socket"},
    {"config", "typed_config"},
    {"extension_protocol_options", "typed_extension_protocol_options"},
    {"runtime", "layered_runtime"},
    {"build_version", "user_agent_build_version"},
};

// Longer names are no slips of the pen, and the distance costs their product.
constexpr size_t kNameComparedMax = 64;

// Levenshtein's.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
    }
  }
  return row[b.size()];
}

}  // namespace

const FieldDescriptor* FindField(const Descriptor& type, const std::string& key) {
  const FieldDescriptor* field = type.FindFieldByName(key);
  if (field != nullptr) return field;
  field = type.FindFieldByCamelcaseName(key);
  // FindFieldByCamelcaseName is right for all but names with capitals or digits after '_'; those
  // are few.
  if (field != nullptr && field->json_name() == key) return field;
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->json_name() == key) return type.field(i);
  }
  return nullptr;
}

std::string ExplainUnknownField(const Descriptor& type, const std::string& key) {
  if (key == "<<") return "YAML's merge keys are not supported";
  if (type.IsReservedName(key)) {
    for (const Replacement& replacement : kReplacements) {
      if (key == replacement.removed) {
        return absl::StrCat("it is of the v2 API; v3 has ", replacement.instead);
      }
    }
    return "it was removed from the API";
  }
  size_t best_distance = std::max<size_t>(key.size() / 3, 1) + 1;
  const FieldDescriptor* best = nullptr;
  for (int i = 0; i < type.field_count() && key.size() <= kNameComparedMax; ++i) {
    const FieldDescriptor& field = *type.field(i);
    const size_t distance =
        std::min(EditDistance(key, field.name()), EditDistance(key, field.json_name()));
    if (distance < best_distance) {
      best_distance = distance;
      best = &field;
    }
  }
  if (best != nullptr) return absl::StrCat("did you mean ", best->name(), "?");
  return absl::StrCat(type.full_name(), " has no such field");
}

bool IsV2Name(absl::string_view full_name) {
  if (!absl::StartsWith(full_name, "envoy.")) return false;
  for (const absl::string_view part : absl::StrSplit(full_name, '.')) {
    if (part == "v2" || absl::StartsWith(part, "v2alpha")) return true;
  }
  return false;
}

}  // namespace outrigger::xds
