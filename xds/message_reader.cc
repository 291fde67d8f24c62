// SPDX-License-Identifier: Apache-2.0
#include "xds/message_reader.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "xds/field_names.h"
#include "xds/scalar_reader.h"
#include "xds/setting_table.h"
#include "xds/utf8.h"

namespace outrigger::xds {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

constexpr absl::string_view kAny = "google.protobuf.Any";
constexpr absl::string_view kTypeKey = "@type";

// Our subset holds some messages as empty shells, only to see that they are there.
bool IsShell(const FieldDescriptor& known, const FieldDescriptor& full) {
  return known.message_type() != nullptr && full.message_type() != nullptr &&
         known.message_type()->field_count() == 0 && full.message_type()->field_count() > 0;
}

std::string EnumNames(const FieldDescriptor& field) {
  std::vector<absl::string_view> names;
  names.reserve(static_cast<size_t>(field.enum_type()->value_count()));
  for (int i = 0; i < field.enum_type()->value_count(); ++i) {
    names.push_back(field.enum_type()->value(i)->name());
  }
  return absl::StrJoin(names, ", ");
}

template <typename T>
std::string WholeNumberOf() {
  return absl::StrCat("expected a whole number from ", std::numeric_limits<T>::min(), " to ",
                      std::numeric_limits<T>::max());
}

template <typename T, typename Wide>
bool Fits(const std::optional<Wide>& number) {
  return number.has_value() && *number >= std::numeric_limits<T>::min() &&
         *number <= std::numeric_limits<T>::max();
}

// Sets a field, or adds a member if it is repeated, by the fitting pair of Reflection's functions.
template <typename Value, typename Set, typename Add>
void Put(Message& message, const FieldDescriptor& field, Value value, Set set, Add add) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    (reflection.*add)(&message, &field, value);
  } else {
    (reflection.*set)(&message, &field, value);
  }
}

using Reflection = google::protobuf::Reflection;

// Puts a number of the field's type; what was expected if the text is none, empty otherwise.
std::string PutNumber(absl::string_view text, const FieldDescriptor& field, Message& message) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto number = ParseSigned(text);
      if (!Fits<int32_t>(number)) return WholeNumberOf<int32_t>();
      Put(message, field, static_cast<int32_t>(*number), &Reflection::SetInt32,
          &Reflection::AddInt32);
      return "";
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const auto number = ParseSigned(text);
      if (!number) return WholeNumberOf<int64_t>();
      Put(message, field, *number, &Reflection::SetInt64, &Reflection::AddInt64);
      return "";
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      const auto number = ParseUnsigned(text);
      if (!Fits<uint32_t>(number)) return WholeNumberOf<uint32_t>();
      Put(message, field, static_cast<uint32_t>(*number), &Reflection::SetUInt32,
          &Reflection::AddUInt32);
      return "";
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      const auto number = ParseUnsigned(text);
      if (!number) return WholeNumberOf<uint64_t>();
      Put(message, field, *number, &Reflection::SetUInt64, &Reflection::AddUInt64);
      return "";
    }
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: {
      const auto number = ParseDouble(text);
      if (!number) return "expected a number";
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
        Put(message, field, *number, &Reflection::SetDouble, &Reflection::AddDouble);
      } else {
        Put(message, field, static_cast<float>(*number), &Reflection::SetFloat,
            &Reflection::AddFloat);
      }
      return "";
    }
    default:
      return "expected a value of another type";
  }
}

std::string PutEnum(absl::string_view text, const FieldDescriptor& field, Message& message) {
  const EnumValueDescriptor* value = field.enum_type()->FindValueByName(std::string{text});
  if (value == nullptr) {
    const auto number = ParseSigned(text);
    if (Fits<int32_t>(number)) {
      value = field.enum_type()->FindValueByNumber(static_cast<int>(*number));
    }
  }
  if (value == nullptr) return absl::StrCat("expected one of ", EnumNames(field));
  Put(message, field, value, &Reflection::SetEnum, &Reflection::AddEnum);
  return "";
}

std::string PutText(const YamlNode& node, const FieldDescriptor& field, Message& message) {
  std::string text = node.text;
  if (field.type() == FieldDescriptor::TYPE_BYTES) {
    if (!absl::Base64Unescape(node.text, &text) && !absl::WebSafeBase64Unescape(node.text, &text)) {
      return "expected bytes in base64";
    }
  } else {
    if (LooksLikeOtherType(node)) return "expected text: put it in quotes";
    if (FindInvalidText(text) != absl::string_view::npos) {
      return "expected text without NUL characters";
    }
  }
  Put(message, field, std::move(text), &Reflection::SetString, &Reflection::AddString);
  return "";
}

}  // namespace

void MessageReader::Read(const YamlNode& node, const config::FieldPath& path, Message& message) {
  ReadMessage(node, {path, Scope::kKnown}, message);
}

void MessageReader::ReadMessage(const YamlNode& node, const Place& place, Message& message) {
  if (message.GetDescriptor()->full_name() == kAny) {
    ReadAny(node, place, message);
  } else if (!ReadWellKnown(node, place, message)) {
    ReadFields(node, place, message);
  }
}

void MessageReader::ReadFields(const YamlNode& node, const Place& place, Message& message) {
  if (node.kind != YamlNode::Kind::kMapping) {
    WrongType(node, place, "expected a mapping of fields");
    return;
  }
  const Descriptor& type = *message.GetDescriptor();
  absl::flat_hash_map<const FieldDescriptor*, int> lines;
  absl::flat_hash_map<const OneofDescriptor*, const FieldDescriptor*> chosen;
  for (const YamlMember& member : node.members) {
    if (place.in_any && member.key == kTypeKey) continue;
    const FieldDescriptor* field = FindField(type, member.key);
    if (field == nullptr) {
      UnknownField(member, type, place);
      continue;
    }
    const config::FieldPath path = place.path.Field(field->name());
    if (const auto [it, is_new] = lines.emplace(field, member.key_line); !is_new) {
      findings_.ErrorAt(member.key_line, path, member.key,
                        absl::StrCat("the field is given twice, first in line ", it->second));
      continue;
    }
    if (member.value->kind == YamlNode::Kind::kNull &&
        (field->message_type() == nullptr ||
         field->message_type()->full_name() != "google.protobuf.Value")) {
      continue;  // as in JSON, null means absent
    }
    if (const OneofDescriptor* oneof = field->containing_oneof(); oneof != nullptr) {
      if (const auto [it, is_new] = chosen.emplace(oneof, field); !is_new) {
        findings_.ErrorAt(member.key_line, path, "",
                          absl::StrCat("expected this or ", it->second->name(), ", not both"));
        continue;
      }
    }
    ReadField(member, *field, place, message);
  }
}

void MessageReader::ReadField(const YamlMember& member, const FieldDescriptor& field,
                              const Place& place, Message& message) {
  const config::FieldPath path = place.path.Field(field.name());
  const Place inside{path, Judge(member, field, place)};
  if (field.is_map()) {
    ReadMap(*member.value, field, inside, message);
  } else if (field.is_repeated()) {
    ReadRepeated(*member.value, field, {place.path, inside.scope}, message);
  } else {
    ReadValue(*member.value, field, inside, message);
  }
}

void MessageReader::ReadRepeated(const YamlNode& node, const FieldDescriptor& field,
                                 const Place& place, Message& message) {
  if (node.kind != YamlNode::Kind::kSequence) {
    const config::FieldPath path = place.path.Field(field.name());
    WrongType(node, {path, place.scope}, "expected a list");
    return;
  }
  for (size_t i = 0; i < node.members.size(); ++i) {
    const config::FieldPath path = place.path.Element(field.name(), i);
    ReadValue(*node.members[i].value, field, {path, place.scope}, message);
  }
}

void MessageReader::ReadMap(const YamlNode& node, const FieldDescriptor& field, const Place& place,
                            Message& message) {
  if (node.kind != YamlNode::Kind::kMapping) {
    WrongType(node, place, "expected a mapping");
    return;
  }
  const Descriptor& entry_type = *field.message_type();
  for (const YamlMember& member : node.members) {
    const config::FieldPath path = place.path.Field(member.key);
    Message& entry = *message.GetReflection()->AddMessage(&message, &field);
    YamlNode key;
    key.kind = YamlNode::Kind::kScalar;
    key.quoted = true;  // whatever it looks like, as a key it is text
    key.line = member.key_line;
    key.text = member.key;
    ReadValue(key, *entry_type.map_key(), {path, place.scope}, entry);
    ReadValue(*member.value, *entry_type.map_value(), {path, place.scope}, entry);
  }
}

void MessageReader::ReadValue(const YamlNode& node, const FieldDescriptor& field,
                              const Place& place, Message& message) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    ReadScalar(node, field, place, message);
    return;
  }
  const Reflection& reflection = *message.GetReflection();
  Message* inner = field.is_repeated() ? reflection.AddMessage(&message, &field)
                                       : reflection.MutableMessage(&message, &field);
  ReadMessage(node, place, *inner);
}

void MessageReader::ReadScalar(const YamlNode& node, const FieldDescriptor& field,
                               const Place& place, Message& message) {
  if (node.kind != YamlNode::Kind::kScalar) {
    WrongType(node, place, "expected a single value");
    return;
  }
  std::string expected;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      expected = PutText(node, field, message);
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      expected = PutEnum(node.text, field, message);
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      if (const std::optional<bool> value = ParseBool(node.text); value.has_value()) {
        Put(message, field, *value, &Reflection::SetBool, &Reflection::AddBool);
      } else {
        expected = "expected true or false";
      }
      break;
    default:
      expected = PutNumber(node.text, field, message);
  }
  if (!expected.empty()) WrongType(node, place, expected);
}

void MessageReader::ReadAny(const YamlNode& node, const Place& place, Message& any) {
  const YamlNode* type_node = node.Find(kTypeKey);
  if (node.kind != YamlNode::Kind::kMapping || type_node == nullptr) {
    WrongType(node, place, "expected a mapping with \"@type\": type.googleapis.com/<message>");
    return;
  }
  const size_t slash = type_node->text.rfind('/');
  if (slash == std::string::npos || slash + 1 == type_node->text.size()) {
    WrongType(*type_node, place, "expected \"@type\": type.googleapis.com/<message>");
    return;
  }
  const std::string name = type_node->text.substr(slash + 1);
  const Reflection& reflection = *any.GetReflection();
  reflection.SetString(&any, any.GetDescriptor()->FindFieldByNumber(1), type_node->text);
  const Descriptor* type = IsV2Name(name) ? nullptr : api_.FindMessage(name);
  if (type == nullptr) {
    if (IsV2Name(name)) {
      WrongType(*type_node, place, "expected a type of the v3 API: v2 is no longer supported");
    } else if (!api_.is_full()) {
      WrongType(*type_node, place,
                "expected a type that this build knows: it has no descriptor set of the API");
    } else {
      findings_.WarningAt(type_node->line, place.path, name,
                          "the published API has no such type: its content is not checked");
    }
    return;
  }
  const bool known = place.scope == Scope::kKnown && FindInSubset(*type) != nullptr;
  const Place inside{place.path, known ? Scope::kKnown : Scope::kIgnored, true};
  const std::unique_ptr<Message> message = api_.NewMessage(*type);
  const YamlNode* value = node.Find("value");
  // The types with a JSON form of their own stand under "value".
  if (value == nullptr || !ReadWellKnown(*value, inside, *message)) {
    ReadFields(node, inside, *message);
  }
  reflection.SetString(&any, any.GetDescriptor()->FindFieldByNumber(2),
                       message->SerializeAsString());
}

MessageReader::Scope MessageReader::Judge(const YamlMember& member, const FieldDescriptor& field,
                                          const Place& place) {
  if (place.scope == Scope::kIgnored) return Scope::kIgnored;
  const Descriptor* subset = FindInSubset(*field.containing_type());
  const FieldDescriptor* known =
      subset == nullptr ? nullptr : subset->FindFieldByNumber(field.number());
  if (known != nullptr) return IsShell(*known, field) ? Scope::kIgnored : Scope::kKnown;
  const config::FieldPath path = place.path.Field(field.name());
  const Setting* setting = FindSetting(field.containing_type()->full_name(), field.name());
  if (setting != nullptr && setting->support == Support::kRefused) {
    findings_.ErrorAt(member.key_line, path, "", setting->effect);
  } else {
    findings_.WarningAt(member.key_line, path, "",
                        setting != nullptr ? setting->effect : "is not supported and ignored");
  }
  return Scope::kIgnored;
}

void MessageReader::UnknownField(const YamlMember& member, const Descriptor& type,
                                 const Place& place) {
  const config::FieldPath path = place.path.Field(member.key);
  findings_.ErrorAt(member.key_line, path, "",
                    absl::StrCat("unknown field: ", ExplainUnknownField(type, member.key)));
}

void MessageReader::WrongType(const YamlNode& node, const Place& place,
                              absl::string_view expected) {
  findings_.ErrorAt(node.line, place.path, node.Describe(), expected);
}

}  // namespace outrigger::xds
