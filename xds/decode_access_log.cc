// SPDX-License-Identifier: Apache-2.0
#include "xds/decode_access_log.h"

#include <map>
#include <memory>
#include <utility>

#include "google/protobuf/struct.pb.h"

#include "config/access_log_format.h"
#include "xds/typed_config.h"

#include "envoy/config/core/v3/core.pb.h"
#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "envoy/extensions/access_loggers/stream/v3/stream.pb.h"

namespace outrigger::xds {
namespace {

using config::AccessLog;
using config::FieldPath;
using config::Findings;
using config::Format;
using config::JsonFormat;
using envoy::config::core::v3::DataSource;
using envoy::config::core::v3::SubstitutionFormatString;
using envoy::extensions::access_loggers::file::v3::FileAccessLog;
using envoy::extensions::access_loggers::stream::v3::StderrAccessLog;
using envoy::extensions::access_loggers::stream::v3::StdoutAccessLog;
using google::protobuf::Struct;
using google::protobuf::Value;

Format DecodeFormat(const std::string& text, const FieldPath& path, Findings& findings) {
  absl::StatusOr<Format> format = config::ParseFormat(text);
  if (!format.ok()) {
    findings.Error(path, text, format.status().message());
    return {};
  }
  for (const config::FormatPiece& piece : *format) {
    if (!piece.operator_name.empty() && !config::IsKnownOperator(piece.operator_name)) {
      findings.Warning(path, piece.operator_name, "the operator is not known: it prints -");
    }
  }
  return *std::move(format);
}

JsonFormat DecodeJsonValue(const Value& value, const FieldPath& path, Findings& findings);

JsonFormat DecodeJsonObject(const Struct& object, const FieldPath& path, Findings& findings) {
  JsonFormat::Object members;
  // A map of protobuf has no order of its own.
  const std::map<std::string, Value> sorted(object.fields().begin(), object.fields().end());
  for (const auto& [name, value] : sorted) {
    members.push_back({name, DecodeJsonValue(value, path.Field(name), findings)});
  }
  return {std::move(members)};
}

JsonFormat DecodeJsonValue(const Value& value, const FieldPath& path, Findings& findings) {
  switch (value.kind_case()) {
    case Value::kStringValue:
      return {DecodeFormat(value.string_value(), path, findings)};
    case Value::kStructValue:
      return DecodeJsonObject(value.struct_value(), path, findings);
    case Value::kListValue: {
      JsonFormat::List list;
      for (const Value& element : value.list_value().values()) {
        list.push_back(DecodeJsonValue(element, path, findings));
      }
      return {std::move(list)};
    }
    case Value::kNullValue:
    case Value::kNumberValue:
    case Value::kBoolValue:
    case Value::KIND_NOT_SET:
      break;
  }
  findings.Error(path, "expected text, a list or a mapping");
  return {Format{}};
}

// The text, or nothing if it is kept where we do not read (CheckMessage warned of that).
const std::string* InlineText(const DataSource& source) {
  if (source.has_inline_string()) return &source.inline_string();
  if (source.has_inline_bytes()) return &source.inline_bytes();
  return nullptr;
}

void DecodeLogFormat(const SubstitutionFormatString& format, const FieldPath& path, AccessLog& log,
                     Findings& findings) {
  log.omit_empty_values = format.omit_empty_values();
  if (format.has_json_format()) {
    log.json = DecodeJsonObject(format.json_format(), path.Field("json_format"), findings);
  } else if (format.has_text_format()) {
    log.text = DecodeFormat(format.text_format(), path.Field("text_format"), findings);
  } else if (const std::string* text = InlineText(format.text_format_source()); text != nullptr) {
    const FieldPath source = path.Field("text_format_source");
    log.text = DecodeFormat(*text, source.Field("inline_string"), findings);
  }
}

AccessLog DecodeFile(const FileAccessLog& file, const FieldPath& path, Findings& findings) {
  AccessLog log;
  log.path = file.path();
  switch (file.access_log_format_case()) {
    case FileAccessLog::kFormat:
      log.text = DecodeFormat(file.format(), path.Field("format"), findings);
      break;
    case FileAccessLog::kTypedJsonFormat:
      log.json =
          DecodeJsonObject(file.typed_json_format(), path.Field("typed_json_format"), findings);
      break;
    case FileAccessLog::kLogFormat:
      DecodeLogFormat(file.log_format(), path.Field("log_format"), log, findings);
      break;
    case FileAccessLog::kJsonFormat:
    case FileAccessLog::ACCESS_LOG_FORMAT_NOT_SET:
      break;
  }
  return log;
}

// Stdout and stderr: the same message under two names.
template <typename Stream>
AccessLog DecodeStream(const Stream& stream, absl::string_view device, const FieldPath& path,
                       Findings& findings) {
  AccessLog log;
  log.path = std::string{device};
  if (stream.has_log_format()) {
    DecodeLogFormat(stream.log_format(), path.Field("log_format"), log, findings);
  }
  return log;
}

// None if the logger is not served.
std::optional<AccessLog> DecodeLogger(const google::protobuf::Any& any, const FieldPath& path,
                                      Findings& findings) {
  if (Holds<FileAccessLog>(any)) {
    return DecodeFile(Unpack<FileAccessLog>(any, path, findings), path, findings);
  }
  if (Holds<StdoutAccessLog>(any)) {
    return DecodeStream(Unpack<StdoutAccessLog>(any, path, findings), "/dev/stdout", path,
                        findings);
  }
  if (Holds<StderrAccessLog>(any)) {
    return DecodeStream(Unpack<StderrAccessLog>(any, path, findings), "/dev/stderr", path,
                        findings);
  }
  if (any.type_url().empty()) {
    findings.Missing(path, absl::StrCat("an access log needs typed_config: expected ",
                                        FileAccessLog::descriptor()->full_name()));
  } else {
    findings.Warning(path, TypeName(any), "this access logger is not supported yet and ignored");
  }
  return std::nullopt;
}

}  // namespace

std::vector<config::AccessLogPtr> DecodeAccessLogs(
    const google::protobuf::RepeatedPtrField<envoy::config::accesslog::v3::AccessLog>& logs,
    absl::string_view field, const FieldPath& path, Findings& findings) {
  std::vector<config::AccessLogPtr> decoded;
  for (int i = 0; i < logs.size(); ++i) {
    const auto& proto = logs.Get(i);
    const FieldPath element = path.Element(field, static_cast<size_t>(i));
    std::optional<AccessLog> log =
        DecodeLogger(proto.typed_config(), element.Field("typed_config"), findings);
    if (!log) continue;
    if (log->text.empty() && !log->json) {
      log->text = *config::ParseFormat(config::kDefaultTextFormat);
    }
    if (proto.filter().has_response_flag_filter()) {
      const auto& flags = proto.filter().response_flag_filter().flags();
      log->response_flags.emplace(flags.begin(), flags.end());
    }
    decoded.push_back(std::make_shared<const AccessLog>(*std::move(log)));
  }
  return decoded;
}

}  // namespace outrigger::xds
