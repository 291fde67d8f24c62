// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace outrigger::xds {

// By its own name or by its JSON name; null if the message has no such field.
const google::protobuf::FieldDescriptor* FindField(const google::protobuf::Descriptor& type,
                                                   const std::string& key);

// What to tell somebody who wrote a field that `type` does not have: the field of v3 in place of
// one of v2, the field that is spelled nearly so, or the name of the message.
std::string ExplainUnknownField(const google::protobuf::Descriptor& type, const std::string& key);

// "envoy.api.v2.Cluster", "envoy.config.filter.network.tcp_proxy.v2.TcpProxy".
bool IsV2Name(absl::string_view full_name);

}  // namespace outrigger::xds
