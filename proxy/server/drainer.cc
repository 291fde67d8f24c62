// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/drainer.h"

#include <utility>

#include "absl/strings/string_view.h"

#include "proxy/base/limits.h"
#include "proxy/base/log.h"

namespace outrigger::server {
namespace {

absl::string_view What(Termination termination) {
  switch (termination) {
    case Termination::kApplication:
      return "going on until the application has closed its TCP sockets";
    case Termination::kIstio:
      return "going on for the drain time";
    case Termination::kSessions:
      return "no longer accepting, waiting for sessions";
  }
  return "";
}

}  // namespace

Drainer::Drainer(event::Loop& loop, Options options, Callbacks callbacks)
    : loop_(loop), options_(options), callbacks_(std::move(callbacks)) {}

void Drainer::OnSignal() {
  if (draining_) {
    // Istio's agent ignores a second signal; everybody else means it.
    if (options_.termination == Termination::kIstio || exiting_) return;
    LOG(kInfo, kMain, "second signal, exiting", {"sessions", callbacks_.sessions()});
    exiting_ = true;
    callbacks_.exit();
    return;
  }
  draining_ = true;
  started_ms_ = loop_.now_ms();
  LOG(kInfo, kMain, "terminating", {"how", What(options_.termination)},
      {"drain_time_s", options_.drain_time.count()}, {"sessions", callbacks_.sessions()});
  if (options_.termination == Termination::kSessions) callbacks_.stop_accepting();
  timer_ = event::Timer(loop_, [this] { Check(); });
  Check();
}

void Drainer::Check() {
  if (exiting_) return;
  const std::chrono::milliseconds elapsed(loop_.now_ms() - started_ms_);
  if (!IsOver(elapsed)) {
    timer_.Start(limits::kDrainPoll);
    return;
  }
  exiting_ = true;
  LOG(kInfo, kMain, "exiting", {"drained_ms", elapsed.count()},
      {"sessions", callbacks_.sessions()});
  callbacks_.exit();
}

bool Drainer::IsOver(std::chrono::milliseconds elapsed) {
  const bool drain_time_passed = elapsed >= options_.drain_time;
  switch (options_.termination) {
    case Termination::kIstio:
      return drain_time_passed;
    case Termination::kSessions:
      return drain_time_passed || callbacks_.sessions() == 0;
    case Termination::kApplication:
      break;
  }
  if (options_.limit.has_value() && elapsed >= *options_.limit) return true;
  if (!drain_time_passed && callbacks_.sessions() != 0) return false;
  const absl::StatusOr<bool> there = callbacks_.application_is_there();
  if (!there.ok()) {
    // Without an answer the drain time is what is left to go by.
    LOG(kWarning, kMain, "cannot tell whether the application is there",
        {"error", there.status().message()});
    return drain_time_passed;
  }
  return !*there;
}

}  // namespace outrigger::server
