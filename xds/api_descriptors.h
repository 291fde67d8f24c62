// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/dynamic_message.h"

namespace outrigger::xds {

// The descriptors that a configuration file is read along: the full published API if its descriptor
// set is there, else the subset that this program is compiled with. Some 10 MiB while it lives;
// make one, read the file, and let go of it. One thread.
class ApiDescriptors {
 public:
  // The compiled-in subset.
  ApiDescriptors() = default;
  // The full API from a descriptor set, gzip or plain. Files of it are linked only when a message
  // needs them.
  static absl::StatusOr<ApiDescriptors> Load(const std::string& path);
  // Where the descriptor set is shipped: $OUTRIGGER_API_DESCRIPTORS, else envoy_api.desc beside
  // this program. Empty if there is no such file.
  static std::string DefaultPath();

  bool is_full() const { return pool_ != nullptr; }
  // Null if the API has no such message.
  const google::protobuf::Descriptor* FindMessage(const std::string& full_name) const;
  // Empty message of that type; keeps nothing of this object alive, which therefore has to outlive
  // it.
  std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor& type);
  // Full names of all files, for tests that walk the whole API. Empty for the subset.
  std::vector<std::string> FileNames() const;
  const google::protobuf::DescriptorPool& pool() const;

 private:
  // Order is meaning: what is built on another part is declared after it.
  std::unique_ptr<google::protobuf::EncodedDescriptorDatabase> files_;
  std::unique_ptr<google::protobuf::DescriptorPoolDatabase> well_known_;
  std::unique_ptr<google::protobuf::MergedDescriptorDatabase> all_files_;
  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  std::unique_ptr<google::protobuf::DynamicMessageFactory> factory_ =
      std::make_unique<google::protobuf::DynamicMessageFactory>();
};

// The compiled-in message of the same name, null if it is not in our subset.
const google::protobuf::Descriptor* FindInSubset(const google::protobuf::Descriptor& type);

}  // namespace outrigger::xds
