// SPDX-License-Identifier: Apache-2.0
#include "xds/setting_table.h"

namespace outrigger::xds {
namespace {

constexpr absl::string_view kAccessLog = "envoy.config.accesslog.v3.AccessLog";
constexpr absl::string_view kFilter = "envoy.config.accesslog.v3.AccessLogFilter";
constexpr absl::string_view kResponseFlagFilter = "envoy.config.accesslog.v3.ResponseFlagFilter";
constexpr absl::string_view kFile = "envoy.extensions.access_loggers.file.v3.FileAccessLog";
constexpr absl::string_view kStdout = "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog";
constexpr absl::string_view kStderr = "envoy.extensions.access_loggers.stream.v3.StderrAccessLog";
constexpr absl::string_view kFormat = "envoy.config.core.v3.SubstitutionFormatString";
constexpr absl::string_view kDataSource = "envoy.config.core.v3.DataSource";
// A log that is written too often loses nothing that security rests on.
constexpr absl::string_view kEveryLine =
    "this filter is not supported yet: every session is logged";
constexpr absl::string_view kDefaultFormat =
    "is not supported yet: Istio's default text format is used";

using enum Support;

constexpr Setting kSettings[] = {
    {kAccessLog, "name", kAccepted, "", "any name: `typed_config` decides", ""},
    {kAccessLog, "typed_config", kServed, "", "a file, stdout or stderr logger",
     "other loggers (gRPC, OpenTelemetry) are ignored with a warning"},
    {kAccessLog, "filter", kServed, "every session", "which sessions are logged", ""},
    {kFilter, "response_flag_filter", kServed, "", "only sessions with one of these flags", ""},
    {kFilter, "status_code_filter", kIgnored, "", kEveryLine, ""},
    {kFilter, "duration_filter", kIgnored, "", kEveryLine, ""},
    {kFilter, "not_health_check_filter", kIgnored, "", kEveryLine, ""},
    {kFilter, "traceable_filter", kIgnored, "", kEveryLine, ""},
    {kFilter, "runtime_filter", kIgnored, "", kEveryLine, ""},
    {kFilter, "and_filter", kIgnored, "", kEveryLine, ""},
    {kFilter, "or_filter", kIgnored, "", kEveryLine, ""},
    {kFilter, "header_filter", kIgnored, "", kEveryLine, ""},
    {kFilter, "grpc_status_filter", kIgnored, "", kEveryLine, ""},
    {kFilter, "extension_filter", kIgnored, "", kEveryLine, ""},
    {kFilter, "metadata_filter", kIgnored, "", kEveryLine, ""},
    {kFilter, "log_type_filter", kIgnored, "", kEveryLine, ""},
    {kResponseFlagFilter, "flags", kServed, "any flag", "Envoy's short flags, for example NR or UF",
     ""},
    {kFile, "path", kServed, "", "file to append to, or `/dev/stdout`. SIGHUP opens it again", ""},
    {kFile, "log_format", kServed, "Istio's text format", "what a line looks like",
     "Envoy has a default format of its own"},
    {kFile, "format", kServed, "",
     "older spelling of `log_format.text_format_source.inline_string`", ""},
    {kFile, "json_format", kIgnored, "", kDefaultFormat, ""},
    {kFile, "typed_json_format", kServed, "", "older spelling of `log_format.json_format`", ""},
    {kStdout, "log_format", kServed, "Istio's text format", "what a line looks like",
     "Envoy has a default format of its own"},
    {kStderr, "log_format", kServed, "Istio's text format", "what a line looks like",
     "Envoy has a default format of its own"},
    {kFormat, "text_format_source", kServed, "",
     "a line with operators, for example `%BYTES_SENT%`; `inline_string` or `inline_bytes`",
     "an operator that is not known warns and prints `-`; Envoy refuses the file"},
    {kFormat, "text_format", kServed, "", "older spelling of `text_format_source.inline_string`",
     ""},
    {kFormat, "json_format", kServed, "",
     "one JSON object a line; a value that is one operator alone has that operator's type",
     "members are printed in the order of their names"},
    {kFormat, "omit_empty_values", kServed, "false",
     "print nothing where there is no value, in place of `-`; leave such members out of JSON", ""},
    {kFormat, "json_format_options", kAccepted, "",
     "members are printed in the order of their names", ""},
    {kDataSource, "inline_string", kServed, "", "the text", ""},
    {kDataSource, "inline_bytes", kServed, "", "the text, in base64", ""},
    {kDataSource, "filename", kIgnored, "", kDefaultFormat, ""},
    {kDataSource, "environment_variable", kIgnored, "", kDefaultFormat, ""},
};

}  // namespace

std::span<const Setting> AccessLogSettings() { return kSettings; }

}  // namespace outrigger::xds
