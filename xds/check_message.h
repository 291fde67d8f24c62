// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "google/protobuf/message.h"

#include "config/field_path.h"
#include "config/findings.h"

namespace outrigger::xds {

// Holds a message of our subset, from file or wire, to what stands beside its fields: the API's own
// constraints (the option validate.rules), and the table of settings, which names the fields that
// are refused or ignored. A message inside an Any is checked by who unpacks it.
void CheckMessage(const google::protobuf::Message& message, const config::FieldPath& path,
                  config::Findings& findings);

}  // namespace outrigger::xds
