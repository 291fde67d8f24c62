// SPDX-License-Identifier: Apache-2.0
//
// The process's log: one line per event on stderr, `time level component "message" key=value ...`.
// Component names are Envoy's logger names, because istioctl and people look for these
// (`/logging?rbac=debug`). Any thread may log. Once StartAsync has been called a full queue drops
// the oldest line and counts it: a blocked stderr never stops a worker.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace outrigger::log {

enum class Level : uint8_t { kTrace, kDebug, kInfo, kWarning, kError, kCritical, kOff };

enum class Component : uint8_t {
  kAdmin,
  kConfig,
  kConnHandler,
  kConnection,
  kFilter,
  kMain,
  kMisc,
  kPool,
  kRbac,
  kSecret,
  kUpstream,
};
inline constexpr size_t kComponentCount = 11;

absl::string_view LevelName(Level level);
// Accepts Envoy's level names, and "warn". Empty on anything else.
std::optional<Level> ParseLevel(absl::string_view name);
absl::string_view ComponentName(Component component);
std::optional<Component> ParseComponent(absl::string_view name);

// One `key=value` of a line. Values with blanks, quotes or control characters are quoted and
// escaped when printed.
struct Field {
  absl::string_view key;
  std::string value;
  template <typename T>
  Field(absl::string_view field_key, const T& field_value)
      : key(field_key), value(absl::StrCat(field_value)) {}
};

void SetLevel(Level level);
void SetLevel(Component component, Level level);
Level GetLevel(Component component);

// From now on lines go through a bounded queue and a thread of the logger's own. Call once, from
// main.
void StartAsync();
// Flushes and stops that thread. No logging after this.
void Stop();
// Lines dropped because the queue was full.
uint64_t DroppedLines();

bool Enabled(Component component, Level level);
void Write(Component component, Level level, absl::string_view message,
           std::initializer_list<Field> fields);

}  // namespace outrigger::log

// LOG(kInfo, kMain, "listening", {"address", address}, {"ms", elapsed});
// Fields are evaluated only if the line is wanted.
#define LOG(level, component, message, ...)                                            \
  do {                                                                                 \
    if (::outrigger::log::Enabled(::outrigger::log::Component::component,              \
                                  ::outrigger::log::Level::level)) {                   \
      ::outrigger::log::Write(::outrigger::log::Component::component,                  \
                              ::outrigger::log::Level::level, message, {__VA_ARGS__}); \
    }                                                                                  \
  } while (false)
