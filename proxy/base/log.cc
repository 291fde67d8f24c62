// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "absl/strings/escaping.h"

#include "proxy/base/check.h"

namespace outrigger::log {
namespace {

constexpr std::array<absl::string_view, 7> kLevelNames = {"trace", "debug",    "info", "warning",
                                                          "error", "critical", "off"};
constexpr std::array<absl::string_view, kComponentCount> kComponentNames = {
    "admin", "config", "conn_handler", "connection", "filter",  "main",
    "misc",  "pool",   "rbac",         "secret",     "upstream"};

// 8,192 lines are about 2 MB: a second of a very talkative process.
constexpr size_t kQueuedLinesMax = 8192;

struct LevelTable {
  LevelTable() {
    for (auto& level : levels) level.store(Level::kInfo, std::memory_order_relaxed);
  }
  std::array<std::atomic<Level>, kComponentCount> levels;
};

std::array<std::atomic<Level>, kComponentCount>& Levels() {
  static LevelTable table;
  return table.levels;
}

// Before StartAsync: a plain logger, so that a failing start still prints its reason.
std::shared_ptr<spdlog::logger>& Logger() {
  static std::shared_ptr<spdlog::logger> logger = [] {
    auto created = std::make_shared<spdlog::logger>(
        "outrigger", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %v", spdlog::pattern_time_type::utc);
    created->set_level(spdlog::level::trace);
    return created;
  }();
  return logger;
}

bool NeedsQuotes(absl::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) return true;
  }
  return false;
}

}  // namespace

absl::string_view LevelName(Level level) { return kLevelNames[static_cast<size_t>(level)]; }

std::optional<Level> ParseLevel(absl::string_view name) {
  if (name == "warn") return Level::kWarning;
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (name == kLevelNames[i]) return static_cast<Level>(i);
  }
  return std::nullopt;
}

absl::string_view ComponentName(Component component) {
  return kComponentNames[static_cast<size_t>(component)];
}

std::optional<Component> ParseComponent(absl::string_view name) {
  for (size_t i = 0; i < kComponentNames.size(); ++i) {
    if (name == kComponentNames[i]) return static_cast<Component>(i);
  }
  return std::nullopt;
}

void SetLevel(Level level) {
  for (auto& one : Levels()) one.store(level, std::memory_order_relaxed);
}

void SetLevel(Component component, Level level) {
  Levels()[static_cast<size_t>(component)].store(level, std::memory_order_relaxed);
}

Level GetLevel(Component component) {
  return Levels()[static_cast<size_t>(component)].load(std::memory_order_relaxed);
}

bool Enabled(Component component, Level level) { return level >= GetLevel(component); }

void StartAsync() {
  spdlog::init_thread_pool(kQueuedLinesMax, 1);
  auto logger = std::make_shared<spdlog::async_logger>(
      "outrigger", std::make_shared<spdlog::sinks::stderr_sink_mt>(), spdlog::thread_pool(),
      spdlog::async_overflow_policy::overrun_oldest);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %v", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::trace);
  Logger() = logger;
}

void Stop() {
  Logger()->flush();
  Logger().reset();
  spdlog::shutdown();
}

uint64_t DroppedLines() {
  const auto pool = spdlog::thread_pool();
  return pool == nullptr ? 0 : pool->overrun_counter();
}

void Write(Component component, Level level, absl::string_view message,
           std::initializer_list<Field> fields) {
  std::string line = absl::StrCat(LevelName(level), " ", ComponentName(component), " \"",
                                  absl::CEscape(message), "\"");
  for (const Field& field : fields) {
    if (NeedsQuotes(field.value)) {
      absl::StrAppend(&line, " ", field.key, "=\"", absl::CEscape(field.value), "\"");
    } else {
      absl::StrAppend(&line, " ", field.key, "=", field.value);
    }
  }
  Logger()->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace outrigger::log
