// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/any.pb.h"

#include "config/field_path.h"
#include "config/findings.h"
#include "xds/check_message.h"

namespace outrigger::xds {

// The full name of the message in `any`: what stands behind the last '/' of its type URL.
// Extensions are told apart by it and never by the name beside it, which is free text.
absl::string_view TypeName(const google::protobuf::Any& any);

template <typename T>
bool Holds(const google::protobuf::Any& any) {
  return TypeName(any) == absl::string_view(T::descriptor()->full_name());
}

// The message in `any`, checked. Requires: Holds<T>(any). Where its bytes are no such message, that
// is an error and the result what could be read.
template <typename T>
T Unpack(const google::protobuf::Any& any, const config::FieldPath& path,
         config::Findings& findings) {
  T message;
  if (!message.ParseFromString(any.value())) {
    findings.Error(path, TypeName(any), "its bytes are not such a message");
  }
  CheckMessage(message, path, findings);
  return message;
}

// Adds the error for an extension that is not served: `kind` is "network filter" and the like,
// `expected` what is.
void RefuseExtension(const google::protobuf::Any& any, absl::string_view kind,
                     absl::string_view expected, const config::FieldPath& path,
                     config::Findings& findings);

}  // namespace outrigger::xds
