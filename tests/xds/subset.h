// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <vector>

#include "absl/strings/match.h"
#include "google/protobuf/descriptor.h"

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "envoy/extensions/access_loggers/stream/v3/stream.pb.h"
#include "envoy/extensions/filters/listener/original_dst/v3/original_dst.pb.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.pb.h"

namespace outrigger::xds {

// All messages of our subset of the API: the bootstrap, the extensions, and what they hold. Not
// those of google.protobuf.
inline std::vector<const google::protobuf::Descriptor*> SubsetMessages() {
  namespace extensions = envoy::extensions;
  std::vector<const google::protobuf::Descriptor*> messages = {
      envoy::config::bootstrap::v3::Bootstrap::descriptor(),
      extensions::access_loggers::file::v3::FileAccessLog::descriptor(),
      extensions::access_loggers::stream::v3::StdoutAccessLog::descriptor(),
      extensions::access_loggers::stream::v3::StderrAccessLog::descriptor(),
      extensions::filters::listener::original_dst::v3::OriginalDst::descriptor(),
      extensions::filters::network::tcp_proxy::v3::TcpProxy::descriptor(),
      extensions::transport_sockets::raw_buffer::v3::RawBuffer::descriptor(),
  };
  std::set<const google::protobuf::Descriptor*> seen(messages.begin(), messages.end());
  for (size_t next = 0; next < messages.size(); ++next) {
    const google::protobuf::Descriptor& type = *messages[next];
    for (int i = 0; i < type.field_count(); ++i) {
      const google::protobuf::Descriptor* inner = type.field(i)->message_type();
      if (inner == nullptr || inner->options().map_entry() ||
          absl::StartsWith(inner->full_name(), "google.protobuf."))
        continue;
      if (seen.insert(inner).second) messages.push_back(inner);
    }
  }
  return messages;
}

}  // namespace outrigger::xds
