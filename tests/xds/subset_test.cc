// SPDX-License-Identifier: Apache-2.0
//
// Our subset of the API against the published one, and against the table of settings.
#include "tests/xds/subset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

#include "proxy/base/check.h"
#include "xds/api_descriptors.h"
#include "xds/setting_table.h"

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "envoy/extensions/access_loggers/stream/v3/stream.pb.h"
#include "envoy/extensions/filters/listener/original_dst/v3/original_dst.pb.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.pb.h"
#include "validate/validate.pb.h"

namespace outrigger::xds {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

TEST(SettingTableTest, HasEveryFieldOfTheSubset) {
  for (const Descriptor* type : SubsetMessages()) {
    for (int i = 0; i < type->field_count(); ++i) {
      EXPECT_NE(FindSetting(type->full_name(), type->field(i)->name()), nullptr)
          << type->field(i)->full_name();
    }
  }
}

TEST(SettingTableTest, HasNoFieldTwice) {
  std::set<std::pair<absl::string_view, absl::string_view>> seen;
  for (const auto& settings :
       {BootstrapSettings(), ListenerSettings(), ClusterSettings(), AccessLogSettings()}) {
    for (const Setting& setting : settings) {
      EXPECT_TRUE(seen.emplace(setting.message, setting.field).second)
          << setting.message << " " << setting.field;
      EXPECT_FALSE(setting.effect.empty()) << setting.message << " " << setting.field;
    }
  }
}

#ifdef OUTRIGGER_HAS_DESCRIPTOR_SET

class SubsetTest : public testing::Test {
 protected:
  const Descriptor& Published(const Descriptor& type) {
    const Descriptor* published = api_->FindMessage(type.full_name());
    CHECK(published != nullptr, type.full_name());
    return *published;
  }

  absl::StatusOr<ApiDescriptors> api_ = ApiDescriptors::Load(OUTRIGGER_DESCRIPTOR_SET);
};

std::string TypeOf(const FieldDescriptor& field) {
  if (field.message_type() != nullptr) return field.message_type()->full_name();
  if (field.enum_type() != nullptr) return field.enum_type()->full_name();
  return field.type_name();
}

std::string OneofOf(const FieldDescriptor& field) {
  return field.real_containing_oneof() == nullptr ? "" : field.real_containing_oneof()->name();
}

TEST_F(SubsetTest, HasThePublishedFields) {
  size_t fields = 0;
  for (const Descriptor* type : SubsetMessages()) {
    const Descriptor& published = Published(*type);
    for (int i = 0; i < type->field_count(); ++i, ++fields) {
      const FieldDescriptor& ours = *type->field(i);
      const FieldDescriptor* theirs = published.FindFieldByNumber(ours.number());
      ASSERT_NE(theirs, nullptr) << ours.full_name();
      EXPECT_EQ(ours.name(), theirs->name());
      EXPECT_EQ(TypeOf(ours), TypeOf(*theirs)) << ours.full_name();
      EXPECT_EQ(ours.label(), theirs->label()) << ours.full_name();
      EXPECT_EQ(ours.is_map(), theirs->is_map()) << ours.full_name();
      EXPECT_EQ(ours.has_presence(), theirs->has_presence()) << ours.full_name();
      EXPECT_EQ(OneofOf(ours), OneofOf(*theirs)) << ours.full_name();
    }
  }
  EXPECT_GT(fields, 150U);
}

TEST_F(SubsetTest, HasThePublishedEnums) {
  for (const Descriptor* type : SubsetMessages()) {
    for (int i = 0; i < type->field_count(); ++i) {
      const auto* ours = type->field(i)->enum_type();
      if (ours == nullptr) continue;
      const auto* theirs = api_->pool().FindEnumTypeByName(ours->full_name());
      ASSERT_NE(theirs, nullptr) << ours->full_name();
      ASSERT_EQ(ours->value_count(), theirs->value_count()) << ours->full_name();
      for (int j = 0; j < ours->value_count(); ++j) {
        EXPECT_EQ(ours->value(j)->name(), theirs->value(j)->name());
        EXPECT_EQ(ours->value(j)->number(), theirs->value(j)->number());
      }
    }
  }
}

// Byte for byte, so that a rule of a kind that we do not know shows up as well.
TEST_F(SubsetTest, HasThePublishedConstraints) {
  size_t rules = 0;
  for (const Descriptor* type : SubsetMessages()) {
    const Descriptor& published = Published(*type);
    for (int i = 0; i < type->field_count(); ++i) {
      const auto& ours = type->field(i)->options().GetExtension(validate::rules);
      const auto& theirs = published.FindFieldByNumber(type->field(i)->number())
                               ->options()
                               .GetExtension(validate::rules);
      EXPECT_EQ(ours.SerializeAsString(), theirs.SerializeAsString())
          << type->field(i)->full_name() << ": " << theirs.DebugString();
      if (theirs.ByteSizeLong() > 0) ++rules;
    }
    for (int i = 0; i < type->real_oneof_decl_count(); ++i) {
      const auto* theirs = published.FindOneofByName(type->oneof_decl(i)->name());
      ASSERT_NE(theirs, nullptr);
      EXPECT_EQ(type->oneof_decl(i)->options().GetExtension(validate::required),
                theirs->options().GetExtension(validate::required))
          << type->oneof_decl(i)->full_name();
    }
  }
  EXPECT_GT(rules, 30U);
}

// A required oneof of which we knew only some members would refuse what names another.
TEST_F(SubsetTest, HasAllMembersOfRequiredOneofs) {
  for (const Descriptor* type : SubsetMessages()) {
    for (int i = 0; i < type->real_oneof_decl_count(); ++i) {
      const auto& ours = *type->oneof_decl(i);
      if (!ours.options().GetExtension(validate::required)) continue;
      EXPECT_EQ(ours.field_count(), Published(*type).FindOneofByName(ours.name())->field_count())
          << ours.full_name();
    }
  }
}

TEST_F(SubsetTest, TableNamesPublishedFieldsOnly) {
  for (const auto& settings :
       {BootstrapSettings(), ListenerSettings(), ClusterSettings(), AccessLogSettings()}) {
    for (const Setting& setting : settings) {
      const Descriptor* type = api_->FindMessage(std::string(setting.message));
      ASSERT_NE(type, nullptr) << setting.message;
      EXPECT_NE(type->FindFieldByName(std::string(setting.field)), nullptr)
          << setting.message << " " << setting.field;
    }
  }
}

TEST_F(SubsetTest, EveryFileOfTheApiLinks) {
  const std::vector<std::string> names = api_->FileNames();
  EXPECT_GT(names.size(), 500U);
  for (const std::string& name : names)
    EXPECT_NE(api_->pool().FindFileByName(name), nullptr) << name;
}

#endif

}  // namespace
}  // namespace outrigger::xds
