// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/status_endpoints.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

#include "proxy/admin/json_text.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"
#include "proxy/base/status_macros.h"

namespace outrigger::admin {
namespace {

struct LevelChange {
  std::optional<log::Component> component;  // none: all
  log::Level level = log::Level::kInfo;
};

std::string Quote(absl::string_view text) {
  return absl::StrCat("\"", absl::CEscape(text.substr(0, limits::kLoggedTextBytesMax)), "\"");
}

absl::StatusOr<LevelChange> ParseLevelChange(absl::string_view name, absl::string_view level) {
  LevelChange change;
  const std::optional<log::Level> parsed_level = log::ParseLevel(level);
  if (!parsed_level.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("unknown logger level ", Quote(level)));
  }
  change.level = *parsed_level;
  if (name == "level") return change;
  change.component = log::ParseComponent(name);
  if (!change.component.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("unknown logger name ", Quote(name)));
  }
  return change;
}

// `level=debug`, `rbac=debug` or `paths=rbac:debug,upstream:info`; one of them, as in Envoy.
absl::StatusOr<std::vector<LevelChange>> ParseLevelChanges(const Target& target) {
  std::vector<LevelChange> changes;
  if (target.query.empty()) return changes;
  if (target.query.size() > 1) return absl::InvalidArgumentError("invalid number of parameters");
  const auto& [name, value] = target.query.front();
  if (name != "paths") {
    ASSIGN_OR_RETURN(const LevelChange change, ParseLevelChange(name, value));
    changes.push_back(change);
    return changes;
  }
  for (const absl::string_view entry : absl::StrSplit(value, ',', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(entry, absl::MaxSplits(':', 1));
    ASSIGN_OR_RETURN(const LevelChange change, ParseLevelChange(parts.first, parts.second));
    changes.push_back(change);
  }
  return changes;
}

std::string ListLevels() {
  std::string text = "active loggers:\n";
  for (size_t i = 0; i < log::kComponentCount; ++i) {
    const auto component = static_cast<log::Component>(i);
    absl::StrAppend(&text, "  ", log::ComponentName(component), ": ",
                    log::LevelName(log::GetLevel(component)), "\n");
  }
  return text + "\n";
}

constexpr absl::string_view kLoggingUsage =
    "usage: /logging?<name>=<level> (change single level)\n"
    "usage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)\n"
    "usage: /logging?level=<level> (change all levels)\n"
    "levels: trace debug info warning error critical off\n";

std::string EscapeHtml(absl::string_view text) {
  return absl::StrReplaceAll(text,
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

}  // namespace

HttpResponse ReadyAnswer(observe::ServerState state) {
  return TextResponse(absl::StrCat(observe::ServerStateName(state), "\n"),
                      state == observe::ServerState::kLive ? 200 : 503);
}

HttpResponse ServerInfoAnswer(const ServerInfo& info, const observe::ServerNumbers& numbers) {
  absl::StatusOr<std::string> json = ServerInfoJson(info, numbers);
  if (json.ok()) return JsonResponse(*std::move(json));
  return TextResponse(absl::StrCat(json.status().message(), "\n"), 500);
}

HttpResponse LoggingAnswer(const Target& target) {
  const absl::StatusOr<std::vector<LevelChange>> changes = ParseLevelChanges(target);
  if (!changes.ok()) {
    return TextResponse(
        absl::StrCat("error: ", changes.status().message(), "\n\n", kLoggingUsage, ListLevels()),
        400);
  }
  for (const LevelChange& change : *changes) {
    if (change.component.has_value()) {
      log::SetLevel(*change.component, change.level);
    } else {
      log::SetLevel(change.level);
    }
  }
  return TextResponse(ListLevels());
}

DrainOptions ParseDrainOptions(const Target& target) {
  return {.inbound_only = target.Has("inboundonly"),
          .graceful = target.Has("graceful"),
          .skip_exit = target.Has("skip_exit")};
}

HttpResponse IndexAnswer(const std::vector<Endpoint>& endpoints) {
  std::string rows;
  for (const Endpoint& endpoint : endpoints) {
    const std::string path = EscapeHtml(endpoint.path);
    const std::string link = endpoint.access == Endpoint::Access::kRead
                                 ? absl::StrCat("<a href=\"", path, "\">", path, "</a>")
                                 : absl::StrCat("<form method=\"post\" action=\"", path,
                                                "\"><button>", path, "</button></form>");
    absl::StrAppend(&rows, "<tr><td>", link, "</td><td>", EscapeHtml(endpoint.help),
                    "</td></tr>\n");
  }
  HttpResponse response = TextResponse(absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>outrigger admin"
      "</title></head>\n<body><h1>outrigger</h1>\n<table>\n",
      rows, "</table></body></html>\n"));
  response.content_type = "text/html; charset=UTF-8";
  return response;
}

}  // namespace outrigger::admin
