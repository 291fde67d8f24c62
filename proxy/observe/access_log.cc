// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/access_log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

#include "proxy/observe/access_log_operators.h"
#include "proxy/observe/utf8.h"

namespace outrigger::observe {
namespace {

struct Writer {
  const SessionRecord& record;
  absl::string_view hostname;
  bool omit_empty_values;
};

// What would break a line apart, forge one, or leave the quotes around it becomes an escape.
// Everything else, UTF-8 included, stays as it is.
void AppendLineText(absl::string_view text, std::string& line) {
  while (!text.empty()) {
    const size_t length = Utf8CharacterLength(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    if (length == 0 || byte < ' ' || byte == 0x7f) {
      absl::StrAppendFormat(&line, "\\x%02X", byte);
    } else {
      if (byte == '"' || byte == '\\') line += '\\';
      line.append(text.data(), length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

void AppendJsonString(absl::string_view text, std::string& line) {
  line += '"';
  for (const char c : ReplaceInvalidUtf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7f) {
      absl::StrAppendFormat(&line, "\\u%04X", byte);
    } else {
      if (c == '"' || c == '\\') line += '\\';
      line += c;
    }
  }
  line += '"';
}

absl::string_view Missing(const Writer& writer) { return writer.omit_empty_values ? "" : "-"; }

// `append_text` decides how a text value is escaped.
template <typename AppendText>
void AppendPieces(const config::Format& format, const Writer& writer, AppendText append_text,
                  std::string& line) {
  for (const config::FormatPiece& piece : format) {
    if (piece.operator_name.empty()) {
      line += piece.literal;
      continue;
    }
    const OperatorValue value = EvaluateOperator(piece, writer.record, writer.hostname);
    if (const auto* number = std::get_if<uint64_t>(&value)) {
      absl::StrAppend(&line, *number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      append_text(*text, line);
    } else {
      absl::StrAppend(&line, Missing(writer));
    }
  }
}

bool AppendJson(const config::JsonFormat& node, const Writer& writer, std::string& line);

// Each of these returns whether it has appended anything: with omit_empty_values a missing value
// takes its key, and the comma in front of it, along.
bool AppendJsonFormat(const config::Format& format, const Writer& writer, std::string& line) {
  if (format.size() != 1 || format[0].operator_name.empty()) {
    std::string text;
    AppendPieces(
        format, writer,
        [](absl::string_view value, std::string& out) { absl::StrAppend(&out, value); }, text);
    AppendJsonString(text, line);
    return true;
  }
  const OperatorValue value = EvaluateOperator(format[0], writer.record, writer.hostname);
  if (const auto* number = std::get_if<uint64_t>(&value)) {
    absl::StrAppend(&line, *number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    AppendJsonString(*text, line);
  } else if (writer.omit_empty_values) {
    return false;
  } else {
    line += "null";
  }
  return true;
}

bool AppendJsonObject(const config::JsonFormat::Object& members, const Writer& writer,
                      std::string& line) {
  const size_t start = line.size();
  char separator = '{';
  for (const auto& [key, value] : members) {
    const size_t before = line.size();
    line += separator;
    AppendJsonString(key, line);
    line += ':';
    if (AppendJson(value, writer, line)) {
      separator = ',';
    } else {
      line.resize(before);
    }
  }
  if (separator == '{') {
    // An object that lost all its members goes with them, an object that never had any stays.
    if (writer.omit_empty_values && !members.empty()) {
      line.resize(start);
      return false;
    }
    line += '{';
  }
  line += '}';
  return true;
}

bool AppendJsonList(const config::JsonFormat::List& elements, const Writer& writer,
                    std::string& line) {
  line += '[';
  bool first = true;
  for (const config::JsonFormat& element : elements) {
    const size_t before = line.size();
    if (!first) line += ',';
    if (AppendJson(element, writer, line)) {
      first = false;
    } else {
      line.resize(before);
    }
  }
  line += ']';
  return true;
}

// Recursion is as deep as the format, whose depth the configuration reader bounds.
bool AppendJson(const config::JsonFormat& node, const Writer& writer, std::string& line) {
  if (const auto* format = std::get_if<config::Format>(&node.value)) {
    return AppendJsonFormat(*format, writer, line);
  }
  if (const auto* object = std::get_if<config::JsonFormat::Object>(&node.value)) {
    return AppendJsonObject(*object, writer, line);
  }
  return AppendJsonList(std::get<config::JsonFormat::List>(node.value), writer, line);
}

}  // namespace

std::string ReadHostname() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "-";
  return name.data();
}

bool WantsLine(const config::AccessLog& log, const SessionRecord& record) {
  if (!log.response_flags.has_value()) return true;
  const std::vector<absl::string_view> flags =
      absl::StrSplit(record.response_flags, ',', absl::SkipEmpty());
  if (log.response_flags->empty()) return !flags.empty();
  return std::any_of(flags.begin(), flags.end(), [&](absl::string_view flag) {
    return std::find(log.response_flags->begin(), log.response_flags->end(), flag) !=
           log.response_flags->end();
  });
}

std::string FormatLine(const config::AccessLog& log, const SessionRecord& record,
                       absl::string_view hostname) {
  const Writer writer{record, hostname, log.omit_empty_values};
  std::string line;
  if (!log.json.has_value()) {
    AppendPieces(log.text, writer, AppendLineText, line);
    return line;
  }
  if (!AppendJson(*log.json, writer, line)) line += "{}";
  line += '\n';
  return line;
}

}  // namespace outrigger::observe
