// SPDX-License-Identifier: Apache-2.0
//
// The part of MessageReader for the messages of google.protobuf that have a JSON form of their own.
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "xds/message_reader.h"
#include "xds/scalar_reader.h"

namespace outrigger::xds {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr absl::string_view kPackage = "google.protobuf.";

const FieldDescriptor& Field(const Message& message, int number) {
  return *message.GetDescriptor()->FindFieldByNumber(number);
}

bool IsWrapper(const Descriptor& type) {
  for (const char* name : {"DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value",
                           "UInt32Value", "BoolValue", "StringValue", "BytesValue"}) {
    if (type.full_name() == absl::StrCat(kPackage, name)) return true;
  }
  return false;
}

// Duration and Timestamp have the same two fields.
void PutTime(const SecondsAndNanos& time, Message& message) {
  const Reflection& reflection = *message.GetReflection();
  reflection.SetInt64(&message, &Field(message, 1), time.seconds);
  reflection.SetInt32(&message, &Field(message, 2), time.nanos);
}

enum ValueField {
  kNullValue = 1,
  kNumberValue,
  kStringValue,
  kBoolValue,
  kStructValue,
  kListValue
};

// google.protobuf.Value: any JSON value. Plain scalars get the type they look like, as in JSON.
void PutValue(const YamlNode& node, Message& value) {
  const Reflection& reflection = *value.GetReflection();
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      reflection.SetEnumValue(&value, &Field(value, kNullValue), 0);
      return;
    case YamlNode::Kind::kScalar:
      if (!node.quoted && (node.text == "true" || node.text == "false")) {
        reflection.SetBool(&value, &Field(value, kBoolValue), node.text == "true");
      } else if (const auto number = ParseDouble(node.text); LooksLikeOtherType(node) && number) {
        reflection.SetDouble(&value, &Field(value, kNumberValue), *number);
      } else {
        reflection.SetString(&value, &Field(value, kStringValue), node.text);
      }
      return;
    case YamlNode::Kind::kSequence: {
      Message& list = *reflection.MutableMessage(&value, &Field(value, kListValue));
      for (const YamlMember& member : node.members) {
        PutValue(*member.value, *list.GetReflection()->AddMessage(&list, &Field(list, 1)));
      }
      return;
    }
    case YamlNode::Kind::kMapping: {
      Message& object = *reflection.MutableMessage(&value, &Field(value, kStructValue));
      for (const YamlMember& member : node.members) {
        Message& entry = *object.GetReflection()->AddMessage(&object, &Field(object, 1));
        const Reflection& entry_reflection = *entry.GetReflection();
        entry_reflection.SetString(&entry, &Field(entry, 1), member.key);
        PutValue(*member.value, *entry_reflection.MutableMessage(&entry, &Field(entry, 2)));
      }
      return;
    }
  }
}

// Struct and ListValue: `from`, a Value, holds one as its member `number`.
void PutPart(const YamlNode& node, int number, Message& value, Message& message) {
  PutValue(node, value);
  message.CopyFrom(value.GetReflection()->GetMessage(value, &Field(value, number)));
}

void PutFieldMask(const YamlNode& node, Message& mask) {
  for (const absl::string_view path : absl::StrSplit(node.text, ',', absl::SkipEmpty())) {
    mask.GetReflection()->AddString(&mask, &Field(mask, 1), std::string{path});
  }
}

}  // namespace

bool MessageReader::ReadWellKnown(const YamlNode& node, const Place& place, Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  if (!absl::StartsWith(type.full_name(), kPackage)) return false;
  const absl::string_view name = absl::string_view(type.full_name()).substr(kPackage.size());
  const bool is_scalar = node.kind == YamlNode::Kind::kScalar;
  if (IsWrapper(type)) {
    ReadValue(node, Field(message, 1), place, message);
  } else if (name == "Duration") {
    const auto duration = is_scalar ? ParseDuration(node.text) : std::nullopt;
    if (!duration) {
      WrongType(node, place, "expected a duration such as 5s or 0.25s");
    } else {
      PutTime(*duration, message);
    }
  } else if (name == "Timestamp") {
    const auto time = is_scalar ? ParseTimestamp(node.text) : std::nullopt;
    if (!time) {
      WrongType(node, place, "expected a time such as 2021-04-13T10:00:00Z");
    } else {
      PutTime(*time, message);
    }
  } else if (name == "Value") {
    PutValue(node, message);
  } else if (name == "Struct" || name == "ListValue") {
    const bool is_struct = name == "Struct";
    if (node.kind != (is_struct ? YamlNode::Kind::kMapping : YamlNode::Kind::kSequence)) {
      WrongType(node, place, is_struct ? "expected a mapping" : "expected a list");
      return true;
    }
    const std::unique_ptr<Message> value =
        api_.NewMessage(*type.file()->FindMessageTypeByName("Value"));
    PutPart(node, is_struct ? kStructValue : kListValue, *value, message);
  } else if (name == "FieldMask") {
    PutFieldMask(node, message);
  } else {
    return false;
  }
  return true;
}

}  // namespace outrigger::xds
