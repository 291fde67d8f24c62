// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/http_engine.h"

#include <microhttpd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

#include "proxy/base/check.h"

namespace outrigger::admin {
namespace {

// What an overdue connection gets to carry the last answer out.
constexpr std::chrono::seconds kFarewellTime{1};
// Turns of the library in one Run: it asks for another one while it has work left.
constexpr int kTurnsPerRun = 8;

void FreeBody(void* body) { delete static_cast<std::string*>(body); }

void AddHeader(MHD_Response* response, const char* name, const std::string& value) {
  // Fails for want of memory only, or on a header value with a line break, which we have none of.
  CHECK(MHD_add_response_header(response, name, value.c_str()) == MHD_YES, name);
}

MHD_Result Queue(MHD_Connection* connection, HttpResponse answer) {
  auto* body = new std::string(std::move(answer.body));
  MHD_Response* response = MHD_create_response_from_buffer_with_free_callback_cls(
      body->size(), body->data(), &FreeBody, body);
  if (response == nullptr) {
    FreeBody(body);
    return MHD_NO;
  }
  AddHeader(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type);
  AddHeader(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache, max-age=0");
  AddHeader(response, MHD_HTTP_HEADER_CONNECTION, "close");
  AddHeader(response, "X-Content-Type-Options", "nosniff");
  AddHeader(response, "X-Frame-Options", "DENY");
  if (!answer.allow.empty()) AddHeader(response, MHD_HTTP_HEADER_ALLOW, answer.allow);
  const MHD_Result queued = MHD_queue_response(connection, answer.status, response);
  MHD_destroy_response(response);
  return queued;
}

MHD_Result CollectHead(void* closure, MHD_ValueKind, const char* name, const char* value) {
  auto& head = *static_cast<RequestHead*>(closure);
  const absl::string_view key(name);
  if (absl::EqualsIgnoreCase(key, MHD_HTTP_HEADER_HOST)) {
    head.hosts.emplace_back(value == nullptr ? "" : value);
  } else if (absl::EqualsIgnoreCase(key, "Origin")) {
    head.origins.emplace_back(value == nullptr ? "" : value);
  }
  return MHD_YES;
}

}  // namespace

struct HttpEngine::Connection {
  HttpEngine* engine;
  uint64_t id;
  int fd;
  TimePoint deadline;
  RequestHead head;
  size_t body_bytes = 0;
  bool begun = false;
  bool cut = false;
  std::shared_ptr<Responder::Exchange> exchange;
};

void Responder::Exchange::Answer(HttpResponse response) {
  if (answered_) return;
  answered_ = true;
  if (connection_ == nullptr) return;
  response_ = std::move(response);
  Resume();
}

void Responder::Exchange::Suspend() {
  suspended_ = true;
  MHD_suspend_connection(connection_);
}

void Responder::Exchange::Resume() {
  if (!suspended_) return;
  suspended_ = false;
  MHD_resume_connection(connection_);
  engine_.OnResumed();
}

std::optional<HttpResponse> Responder::Exchange::TakeResponse() {
  return std::exchange(response_, std::nullopt);
}

Responder::Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

Responder::~Responder() {
  if (exchange_ != nullptr) exchange_->Answer(TextResponse("this request got no answer\n", 500));
}

void Responder::Send(HttpResponse response) && {
  const std::shared_ptr<Exchange> exchange = std::move(exchange_);
  if (exchange != nullptr) exchange->Answer(std::move(response));
}

struct Callbacks {
  using Connection = HttpEngine::Connection;

  static Connection* Find(MHD_Connection* connection) {
    const MHD_ConnectionInfo* info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return static_cast<Connection*>(info->socket_context);
  }

  static void OnConnection(void* closure, MHD_Connection* connection, void** context,
                           MHD_ConnectionNotificationCode what) {
    auto& engine = *static_cast<HttpEngine*>(closure);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
      const MHD_ConnectionInfo* info =
          MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
      const uint64_t id = engine.next_id_++;
      auto made = std::make_unique<Connection>(Connection{
          .engine = &engine,
          .id = id,
          .fd = info->connect_fd,
          .deadline = std::chrono::steady_clock::now() + engine.options_.connection_time_max,
          .head = {},
          .exchange = nullptr});
      *context = made.get();
      engine.connections_.emplace(id, std::move(made));
      return;
    }
    auto* ended = static_cast<Connection*>(*context);
    if (ended->exchange != nullptr) ended->exchange->Abandon();
    engine.connections_.erase(ended->id);
  }

  // Called with the target as it came; the library's own idea of it has its '+' turned into blanks.
  static void* OnTarget(void*, const char* target, MHD_Connection* connection) {
    Find(connection)->head.target = target;
    return nullptr;
  }

  static MHD_Result OnRequest(void*, MHD_Connection* connection, const char*, const char* method,
                              const char*, const char*, size_t* upload_bytes, void**) {
    Connection& state = *Find(connection);
    if (!state.begun) return OnHead(connection, method, state);
    if (*upload_bytes > 0) {
      state.body_bytes += *upload_bytes;
      *upload_bytes = 0;
      // Too late for an answer: the library takes one before the body or behind it only.
      return state.body_bytes <= state.engine->options_.body_bytes_max ? MHD_YES : MHD_NO;
    }
    if (state.exchange == nullptr) {
      state.exchange = std::make_shared<Responder::Exchange>(*state.engine, connection);
      state.engine->dispatch_(state.head, Responder(state.exchange));
    }
    std::optional<HttpResponse> response = state.exchange->TakeResponse();
    if (response.has_value()) return Queue(connection, *std::move(response));
    state.exchange->Suspend();
    return MHD_YES;
  }

  static MHD_Result OnHead(MHD_Connection* connection, const char* method, Connection& state) {
    state.begun = true;
    state.head.method = method;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, &CollectHead, &state.head);
    const char* length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    uint64_t bytes = 0;
    if (length != nullptr &&
        (!absl::SimpleAtoi(length, &bytes) || bytes > state.engine->options_.body_bytes_max)) {
      return Queue(connection, TextResponse("the body is too large; no endpoint reads one\n", 413));
    }
    return MHD_YES;
  }
};

HttpEngine::HttpEngine(const HttpServerOptions& options, Dispatch dispatch,
                       absl::AnyInvocable<void()> on_wake)
    : options_(options), dispatch_(std::move(dispatch)), on_wake_(std::move(on_wake)) {}

absl::StatusOr<std::unique_ptr<HttpEngine>> HttpEngine::Create(const HttpServerOptions& options,
                                                               Dispatch dispatch,
                                                               absl::AnyInvocable<void()> on_wake) {
  std::unique_ptr<HttpEngine> engine(
      new HttpEngine(options, std::move(dispatch), std::move(on_wake)));
  engine->daemon_ = MHD_start_daemon(
      MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr,
      &Callbacks::OnRequest, nullptr,  //
      MHD_OPTION_CONNECTION_LIMIT, static_cast<unsigned>(options.connections_max),
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, options.connection_memory_bytes,
      MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(options.idle_timeout.count()),
      MHD_OPTION_NOTIFY_CONNECTION, &Callbacks::OnConnection, engine.get(),
      MHD_OPTION_URI_LOG_CALLBACK, &Callbacks::OnTarget, nullptr, MHD_OPTION_END);
  if (engine->daemon_ == nullptr) {
    return absl::ResourceExhaustedError(
        "the admin server cannot start: out of memory or descriptors");
  }
  return engine;
}

HttpEngine::~HttpEngine() {
  if (daemon_ == nullptr) return;
  on_wake_ = nullptr;
  // The library refuses to stop while a connection is suspended.
  for (const auto& [id, connection] : connections_) {
    if (connection->exchange == nullptr) continue;
    connection->exchange->Resume();
    connection->exchange->Abandon();
  }
  MHD_stop_daemon(daemon_);
}

int HttpEngine::epoll_fd() const {
  return MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

void HttpEngine::Run() {
  EndOverdueConnections();
  resumed_ = false;
  for (int turn = 0; turn < kTurnsPerRun; ++turn) {
    MHD_run(daemon_);
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    if (MHD_get_timeout(daemon_, &wait_ms) != MHD_YES || wait_ms > 0) break;
  }
}

bool HttpEngine::Adopt(UniqueFd socket) {
  // The library only looks at the family, and only to print it.
  sockaddr_storage peer{};
  peer.ss_family = AF_INET;
  return MHD_add_connection(daemon_, socket.Release(), reinterpret_cast<sockaddr*>(&peer),
                            sizeof(sockaddr_in)) == MHD_YES;
}

void HttpEngine::OnResumed() {
  resumed_ = true;
  if (on_wake_) on_wake_();
}

std::optional<HttpEngine::TimePoint> HttpEngine::WakeAt() const {
  if (resumed_) return std::chrono::steady_clock::now();
  std::optional<TimePoint> wake_at;
  for (const auto& [id, connection] : connections_) {
    if (connection->cut) continue;
    wake_at = wake_at ? std::min(*wake_at, connection->deadline) : connection->deadline;
  }
  MHD_UNSIGNED_LONG_LONG wait_ms = 0;
  if (MHD_get_timeout(daemon_, &wait_ms) == MHD_YES) {
    const TimePoint library =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<int64_t>(wait_ms));
    wake_at = wake_at ? std::min(*wake_at, library) : library;
  }
  return wake_at;
}

void HttpEngine::EndOverdueConnections() {
  const TimePoint now = std::chrono::steady_clock::now();
  for (const auto& [id, connection] : connections_) {
    if (connection->cut || connection->deadline > now) continue;
    if (connection->exchange != nullptr && connection->exchange->suspended()) {
      connection->deadline = now + kFarewellTime;
      connection->exchange->Answer(TextResponse("no answer in time\n", 504));
    } else {
      // The library sees an end of stream and closes.
      connection->cut = true;
      ::shutdown(connection->fd, SHUT_RDWR);
    }
  }
}

}  // namespace outrigger::admin
