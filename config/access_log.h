// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace outrigger::config {

// One piece of a substitution format: literal text, or an operator such as %BYTES_SENT% or
// %FILTER_STATE(key:PLAIN):64%.
struct FormatPiece {
  std::string literal;                 // set: text as it is, all else empty
  std::string operator_name;           // "BYTES_SENT"; empty for a literal
  std::string argument;                // what stands in parentheses
  std::optional<uint32_t> length_max;  // ":64" behind the parentheses
  friend bool operator==(const FormatPiece&, const FormatPiece&) = default;
};
using Format = std::vector<FormatPiece>;

// A node of json_format: an object with ordered members, a list, or a format. A format that is
// exactly one operator prints its own type (numbers as numbers, nothing as null), as Envoy does.
struct JsonFormat {
  struct Member;
  using Object = std::vector<Member>;
  using List = std::vector<JsonFormat>;
  std::variant<Format, Object, List> value;
  friend bool operator==(const JsonFormat& left, const JsonFormat& right);
};
// A type of its own: clang wants to know a std::pair's members before JsonFormat is complete.
struct JsonFormat::Member {
  std::string key;
  JsonFormat value;
  friend bool operator==(const Member&, const Member&) = default;
};
inline bool operator==(const JsonFormat& left, const JsonFormat& right) {
  return left.value == right.value;
}

// One configured access log (envoy.config.accesslog.v3.AccessLog with a file or stdout sink).
struct AccessLog {
  std::string path;  // a file's path; /dev/stdout for stdout
  Format text;       // used unless `json` is set; never empty then
  std::optional<JsonFormat> json;
  bool omit_empty_values = false;
  // response_flag_filter: write the line only if the session has one of these flags ("NR"); empty
  // list = any flag at all. Absent: write always.
  std::optional<std::vector<std::string>> response_flags;
  friend bool operator==(const AccessLog&, const AccessLog&) = default;
};
using AccessLogPtr = std::shared_ptr<const AccessLog>;

}  // namespace outrigger::config
