// SPDX-License-Identifier: Apache-2.0
//
// Every constraint of every field in our subset, broken and kept.
#include "xds/check_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/wrappers.pb.h"

#include "tests/xds/subset.h"

#include "validate/validate.pb.h"

namespace outrigger::xds {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

std::unique_ptr<Message> Make(const Descriptor& type) {
  return std::unique_ptr<Message>(MessageFactory::generated_factory()->GetPrototype(&type)->New());
}

bool HasErrorAt(const Message& message, const std::string& path, absl::string_view text = "") {
  config::Findings findings;
  CheckMessage(message, config::FieldPath(), findings);
  return std::any_of(findings.errors().begin(), findings.errors().end(),
                     [&](const config::Finding& error) {
                       return error.path == path && absl::StrContains(error.message, text);
                     });
}

// Sets the field, or the wrapper in it, or one member of it, to the number.
bool ErrorForNumber(const FieldDescriptor& field, uint32_t number) {
  const auto message = Make(*field.containing_type());
  const auto& reflection = *message->GetReflection();
  std::string path = field.name();
  if (field.is_repeated()) {
    reflection.AddUInt32(message.get(), &field, number);
    path += "[0]";
  } else if (field.message_type() != nullptr) {
    auto& wrapper = static_cast<google::protobuf::UInt32Value&>(
        *reflection.MutableMessage(message.get(), &field));
    wrapper.set_value(number);
  } else {
    reflection.SetUInt32(message.get(), &field, number);
  }
  return HasErrorAt(*message, path);
}

bool ErrorForText(const FieldDescriptor& field, const std::string& text) {
  const auto message = Make(*field.containing_type());
  if (field.is_repeated()) {
    message->GetReflection()->AddString(message.get(), &field, text);
    return HasErrorAt(*message, field.name() + "[0]");
  }
  message->GetReflection()->SetString(message.get(), &field, text);
  return HasErrorAt(*message, field.name());
}

bool ErrorForDuration(const FieldDescriptor& field, const Duration& value) {
  const auto message = Make(*field.containing_type());
  message->GetReflection()->MutableMessage(message.get(), &field)->CopyFrom(value);
  return HasErrorAt(*message, field.name());
}

void CheckNumbers(const FieldDescriptor& field, const validate::UInt32Rules& rules) {
  if (rules.has_gt()) {
    EXPECT_TRUE(ErrorForNumber(field, rules.gt())) << field.full_name();
    EXPECT_FALSE(ErrorForNumber(field, rules.gt() + 1)) << field.full_name();
  }
  if (rules.has_gte()) {
    EXPECT_TRUE(ErrorForNumber(field, rules.gte() - 1)) << field.full_name();
    EXPECT_FALSE(ErrorForNumber(field, rules.gte())) << field.full_name();
  }
  if (rules.has_lte()) {
    EXPECT_TRUE(ErrorForNumber(field, rules.lte() + 1)) << field.full_name();
    EXPECT_FALSE(ErrorForNumber(field, rules.lte())) << field.full_name();
  }
}

void CheckTexts(const FieldDescriptor& field, const validate::StringRules& rules) {
  if (rules.min_len() > 0) {
    EXPECT_TRUE(ErrorForText(field, "")) << field.full_name();
    EXPECT_FALSE(ErrorForText(field, "x")) << field.full_name();
  }
  if (rules.in_size() > 0) {
    EXPECT_TRUE(ErrorForText(field, "no such value")) << field.full_name();
    for (const std::string& value : rules.in()) EXPECT_FALSE(ErrorForText(field, value)) << value;
  }
}

void CheckDurations(const FieldDescriptor& field, const validate::DurationRules& rules) {
  const Duration& limit = rules.has_gt() ? rules.gt() : rules.gte();
  Duration less = limit;
  Duration more = limit;
  less.set_nanos(limit.nanos() - 1);
  more.set_nanos(limit.nanos() + 1);
  EXPECT_TRUE(ErrorForDuration(field, less)) << field.full_name();
  EXPECT_EQ(ErrorForDuration(field, limit), rules.has_gt()) << field.full_name();
  EXPECT_FALSE(ErrorForDuration(field, more)) << field.full_name();
}

void CheckPresence(const FieldDescriptor& field) {
  if (field.containing_oneof() != nullptr) return;
  const auto message = Make(*field.containing_type());
  EXPECT_TRUE(HasErrorAt(*message, field.name(), "is required")) << field.full_name();
  message->GetReflection()->MutableMessage(message.get(), &field);
  EXPECT_FALSE(HasErrorAt(*message, field.name(), "is required")) << field.full_name();
}

void CheckEnum(const FieldDescriptor& field) {
  const auto message = Make(*field.containing_type());
  message->GetReflection()->SetEnumValue(message.get(), &field, 9999);
  EXPECT_TRUE(HasErrorAt(*message, field.name())) << field.full_name();
  message->GetReflection()->SetEnumValue(message.get(), &field,
                                         field.enum_type()->value(0)->number());
  EXPECT_FALSE(HasErrorAt(*message, field.name())) << field.full_name();
}

// Breaks and keeps the rules of one field; the number of rules seen.
int CheckField(const FieldDescriptor& field, const validate::FieldRules& rules) {
  CheckNumbers(field, rules.uint32());
  CheckTexts(field, rules.string());
  CheckNumbers(field, rules.repeated().items().uint32());
  CheckTexts(field, rules.repeated().items().string());
  if (rules.repeated().min_items() > 0) {
    EXPECT_TRUE(HasErrorAt(*Make(*field.containing_type()), field.name())) << field.full_name();
  }
  if (rules.has_duration()) CheckDurations(field, rules.duration());
  if (rules.message().required() || rules.any().required()) CheckPresence(field);
  if (rules.enum_().defined_only()) CheckEnum(field);
  return rules.ByteSizeLong() > 0 ? 1 : 0;
}

TEST(CheckMessageTest, HoldsEveryConstraintOfTheApi) {
  int seen = 0;
  for (const Descriptor* type : SubsetMessages()) {
    for (int i = 0; i < type->field_count(); ++i) {
      seen += CheckField(*type->field(i), type->field(i)->options().GetExtension(validate::rules));
    }
  }
  EXPECT_GT(seen, 30);
}

TEST(CheckMessageTest, AsksForRequiredOneofs) {
  int seen = 0;
  for (const Descriptor* type : SubsetMessages()) {
    for (int i = 0; i < type->real_oneof_decl_count(); ++i) {
      if (!type->oneof_decl(i)->options().GetExtension(validate::required)) continue;
      EXPECT_TRUE(HasErrorAt(*Make(*type), "")) << type->full_name();
      ++seen;
    }
  }
  EXPECT_GE(seen, 5);
}

TEST(CheckMessageTest, NamesTheElementOfAList) {
  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  bootstrap.mutable_static_resources()->add_clusters()->set_name("a");
  bootstrap.mutable_static_resources()->add_clusters();

  EXPECT_TRUE(HasErrorAt(bootstrap, "static_resources.clusters[1].name"));
  EXPECT_FALSE(HasErrorAt(bootstrap, "static_resources.clusters[0].name"));
}

}  // namespace
}  // namespace outrigger::xds
