// SPDX-License-Identifier: Apache-2.0
#include "xds/check_message.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/wrappers.pb.h"

#include "xds/setting_table.h"

#include "validate/validate.pb.h"

namespace outrigger::xds {
namespace {

using config::FieldPath;
using config::Findings;
using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

void CheckUint32(uint32_t value, const validate::UInt32Rules& rules, const FieldPath& path,
                 Findings& findings) {
  const std::string shown = absl::StrCat(value);
  if (rules.has_gt() && value <= rules.gt()) {
    findings.Error(path, shown, absl::StrCat("expected more than ", rules.gt()));
  }
  if (rules.has_gte() && value < rules.gte()) {
    findings.Error(path, shown, absl::StrCat("expected at least ", rules.gte()));
  }
  if (rules.has_lte() && value > rules.lte()) {
    findings.Error(path, shown, absl::StrCat("expected at most ", rules.lte()));
  }
}

void CheckString(const std::string& value, const validate::StringRules& rules,
                 const FieldPath& path, Findings& findings) {
  // The API counts code points; for min_len 1, the only one in scope, bytes are the same.
  if (value.size() < rules.min_len()) {
    findings.Missing(path, "is required: expected text that is not empty");
  }
  if (rules.in_size() > 0 &&
      std::find(rules.in().begin(), rules.in().end(), value) == rules.in().end()) {
    findings.Error(path, value, absl::StrCat("expected one of ", absl::StrJoin(rules.in(), ", ")));
  }
}

// Seconds and nanos have one sign, so order by both is order of the durations.
bool Less(const Duration& a, const Duration& b) {
  return a.seconds() != b.seconds() ? a.seconds() < b.seconds() : a.nanos() < b.nanos();
}

std::string FormatDuration(const Duration& duration) {
  const double seconds =
      static_cast<double>(duration.seconds()) + static_cast<double>(duration.nanos()) / 1e9;
  return absl::StrCat(seconds, "s");
}

void CheckDuration(const Duration& value, const validate::DurationRules& rules,
                   const FieldPath& path, Findings& findings) {
  const std::string shown = FormatDuration(value);
  if (rules.has_gt() && !Less(rules.gt(), value)) {
    findings.Error(path, shown, absl::StrCat("expected more than ", FormatDuration(rules.gt())));
  }
  if (rules.has_gte() && Less(value, rules.gte())) {
    findings.Error(path, shown, absl::StrCat("expected at least ", FormatDuration(rules.gte())));
  }
}

// A message-typed value that is present: a wrapper or a Duration, on which the rules of the inner
// type stand.
void CheckPresentMessage(const Message& value, const validate::FieldRules& rules,
                         const FieldPath& path, Findings& findings) {
  if (rules.has_uint32() && value.GetDescriptor() == google::protobuf::UInt32Value::descriptor()) {
    CheckUint32(static_cast<const google::protobuf::UInt32Value&>(value).value(), rules.uint32(),
                path, findings);
  }
  if (rules.has_duration() && value.GetDescriptor() == Duration::descriptor()) {
    CheckDuration(static_cast<const Duration&>(value), rules.duration(), path, findings);
  }
}

// One value of a singular field, present or with its default.
void CheckScalar(const Message& message, const FieldDescriptor& field,
                 const validate::FieldRules& rules, const FieldPath& path, Findings& findings) {
  const Reflection& reflection = *message.GetReflection();
  if (rules.has_uint32()) {
    CheckUint32(reflection.GetUInt32(message, &field), rules.uint32(), path, findings);
  }
  if (rules.has_string()) {
    std::string scratch;
    CheckString(reflection.GetStringReference(message, &field, &scratch), rules.string(), path,
                findings);
  }
  if (rules.enum_().defined_only()) {
    const int number = reflection.GetEnumValue(message, &field);
    if (field.enum_type()->FindValueByNumber(number) == nullptr) {
      findings.Error(path, absl::StrCat(number),
                     absl::StrCat("expected a value of ", field.enum_type()->full_name()));
    }
  }
}

void CheckRepeated(const Message& message, const FieldDescriptor& field,
                   const validate::RepeatedRules& rules, const FieldPath& path,
                   Findings& findings) {
  const Reflection& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &field);
  if (static_cast<uint64_t>(size) < rules.min_items()) {
    findings.Missing(path.Field(field.name()),
                     absl::StrCat("expected at least ", rules.min_items(), " of them"));
  }
  for (int i = 0; i < size; ++i) {
    const FieldPath element = path.Element(field.name(), static_cast<size_t>(i));
    if (rules.items().has_uint32()) {
      CheckUint32(reflection.GetRepeatedUInt32(message, &field, i), rules.items().uint32(), element,
                  findings);
    }
    if (rules.items().has_string()) {
      CheckString(reflection.GetRepeatedString(message, &field, i), rules.items().string(), element,
                  findings);
    }
  }
}

void CheckRules(const Message& message, const FieldDescriptor& field, const FieldPath& path,
                Findings& findings) {
  const validate::FieldRules& rules = field.options().GetExtension(validate::rules);
  if (field.is_repeated()) {
    CheckRepeated(message, field, rules.repeated(), path, findings);
    return;
  }
  const Reflection& reflection = *message.GetReflection();
  const FieldPath own = path.Field(field.name());
  const bool present = field.has_presence() && reflection.HasField(message, &field);
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    if (present) {
      CheckPresentMessage(reflection.GetMessage(message, &field), rules, own, findings);
    } else if ((rules.message().required() || rules.any().required()) &&
               field.containing_oneof() == nullptr) {
      findings.Missing(own, "is required");
    }
  } else if (field.containing_oneof() == nullptr || present) {
    CheckScalar(message, field, rules, own, findings);
  }
}

void CheckOneof(const Message& message, const OneofDescriptor& oneof, const FieldPath& path,
                Findings& findings) {
  if (!oneof.options().GetExtension(validate::required)) return;
  if (message.GetReflection()->HasOneof(message, &oneof)) return;
  std::string names;
  for (int i = 0; i < oneof.field_count(); ++i) {
    absl::StrAppend(&names, i == 0 ? "" : ", ", oneof.field(i)->name());
  }
  findings.Missing(path, oneof.field_count() == 1 ? absl::StrCat(names, " is required")
                                                  : absl::StrCat("expected one of ", names));
}

bool IsSet(const Message& message, const FieldDescriptor& field) {
  return field.is_repeated() ? message.GetReflection()->FieldSize(message, &field) > 0
                             : message.GetReflection()->HasField(message, &field);
}

// Kind of the field, served if the table does not name it (a test makes sure that it does).
Support SupportOf(const Descriptor& type, const FieldDescriptor& field) {
  const Setting* setting = FindSetting(type.full_name(), field.name());
  return setting == nullptr ? Support::kServed : setting->support;
}

void CheckInside(const Message& message, const FieldDescriptor& field, const FieldPath& path,
                 Findings& findings) {
  const Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    CheckMessage(reflection.GetMessage(message, &field), path.Field(field.name()), findings);
    return;
  }
  if (field.is_map()) return;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    CheckMessage(reflection.GetRepeatedMessage(message, &field, i),
                 path.Element(field.name(), static_cast<size_t>(i)), findings);
  }
}

void CheckField(const Message& message, const FieldDescriptor& field, const FieldPath& path,
                Findings& findings) {
  const Descriptor& type = *field.containing_type();
  const bool set = IsSet(message, field);
  const Support support = set ? SupportOf(type, field) : Support::kServed;
  if (support == Support::kRefused) {
    findings.Error(path.Field(field.name()), FindSetting(type.full_name(), field.name())->effect);
    return;
  }
  if (field.options().HasExtension(validate::rules)) CheckRules(message, field, path, findings);
  if (support == Support::kIgnored) {
    findings.Warning(path.Field(field.name()), FindSetting(type.full_name(), field.name())->effect);
  } else if (set && field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    CheckInside(message, field, path, findings);
  }
}

}  // namespace

void CheckMessage(const Message& message, const FieldPath& path, Findings& findings) {
  const Descriptor& type = *message.GetDescriptor();
  if (type.file()->package() == "google.protobuf") return;
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
    CheckOneof(message, *type.oneof_decl(i), path, findings);
  }
  for (int i = 0; i < type.field_count(); ++i) {
    CheckField(message, *type.field(i), path, findings);
  }
}

}  // namespace outrigger::xds
