// SPDX-License-Identifier: Apache-2.0
#include "xds/typed_config.h"

namespace outrigger::xds {

absl::string_view TypeName(const google::protobuf::Any& any) {
  const absl::string_view url = any.type_url();
  return url.substr(url.rfind('/') + 1);
}

void RefuseExtension(const google::protobuf::Any& any, absl::string_view kind,
                     absl::string_view expected, const config::FieldPath& path,
                     config::Findings& findings) {
  if (any.type_url().empty()) {
    findings.Missing(path, absl::StrCat("a ", kind, " needs typed_config: expected ", expected));
    return;
  }
  findings.Error(path, TypeName(any),
                 absl::StrCat("this ", kind, " is not supported yet: expected ", expected));
}

}  // namespace outrigger::xds
