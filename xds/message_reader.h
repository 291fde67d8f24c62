// SPDX-License-Identifier: Apache-2.0
//
// Reads a YAML tree into a protobuf message, as protobuf's JSON reader does, but along the
// descriptors of the published API, with lines, and without stopping at the first mistake. Names in
// snake_case and in lowerCamelCase; messages in a google.protobuf.Any by "@type".
//
// Each field is held to three questions. Does v3 have it? If not: an error, with the name that was
// perhaps meant. Is it in the subset that this program knows? If not: a warning that it is ignored,
// or an error if the table of settings says that ignoring it would be unsafe. Is the value of the
// field's type? If not: an error.
#pragma once

#include "google/protobuf/message.h"

#include "config/field_path.h"
#include "config/findings.h"
#include "xds/api_descriptors.h"
#include "xds/yaml_document.h"

namespace outrigger::xds {

class MessageReader {
 public:
  // Borrows both.
  MessageReader(ApiDescriptors& api, config::Findings& findings) : api_(api), findings_(findings) {}

  // Fills `message`, a message of `api`, from the mapping `node`. Where there are errors, what
  // could be read is in it.
  void Read(const YamlNode& node, const config::FieldPath& path,
            google::protobuf::Message& message);

 private:
  // Whether fields that we do not know are told: not inside of what is ignored or refused as a
  // whole.
  enum class Scope { kKnown, kIgnored };

  struct Place {
    const config::FieldPath& path;
    Scope scope;
    bool in_any = false;  // the mapping has the key @type beside the fields
  };

  void ReadMessage(const YamlNode& node, const Place& place, google::protobuf::Message& message);
  void ReadFields(const YamlNode& node, const Place& place, google::protobuf::Message& message);
  void ReadField(const YamlMember& member, const google::protobuf::FieldDescriptor& field,
                 const Place& place, google::protobuf::Message& message);
  void ReadRepeated(const YamlNode& node, const google::protobuf::FieldDescriptor& field,
                    const Place& place, google::protobuf::Message& message);
  void ReadMap(const YamlNode& node, const google::protobuf::FieldDescriptor& field,
               const Place& place, google::protobuf::Message& message);
  void ReadValue(const YamlNode& node, const google::protobuf::FieldDescriptor& field,
                 const Place& place, google::protobuf::Message& message);
  void ReadScalar(const YamlNode& node, const google::protobuf::FieldDescriptor& field,
                  const Place& place, google::protobuf::Message& message);
  void ReadAny(const YamlNode& node, const Place& place, google::protobuf::Message& any);
  // Duration, Struct, wrappers ...: whether the type is such a one, which is then read.
  bool ReadWellKnown(const YamlNode& node, const Place& place, google::protobuf::Message& message);

  // What becomes of the field's content: read as known, or ignored with a finding.
  Scope Judge(const YamlMember& member, const google::protobuf::FieldDescriptor& field,
              const Place& place);
  void UnknownField(const YamlMember& member, const google::protobuf::Descriptor& type,
                    const Place& place);
  void WrongType(const YamlNode& node, const Place& place, absl::string_view expected);

  ApiDescriptors& api_;
  config::Findings& findings_;
};

}  // namespace outrigger::xds
