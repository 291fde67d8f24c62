// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/http_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "proxy/admin/http_engine.h"
#include "proxy/base/check.h"
#include "proxy/base/errno_status.h"
#include "proxy/base/limits.h"
#include "proxy/base/status_macros.h"

namespace outrigger::admin {
namespace {

// Clients that wait while connections_max are served: 1,000 scrapes at once lose none.
constexpr int kBacklog = 1024;
// Descriptors kept for clients that come when the process has no other left: a probe, a scraper and
// a person or two.
constexpr size_t kReservedDescriptors = 4;
// With the reserve used up too. A level-triggered listening socket would spin otherwise.
constexpr std::chrono::milliseconds kAcceptPause{100};

absl::string_view BindRemedy(int error_number) {
  switch (error_number) {
    case EADDRINUSE:
      return "another process listens there: stop it, or configure another port under `admin`";
    case EACCES:
      return "ports below 1024 need privileges: configure a higher one under `admin`";
    case EADDRNOTAVAIL:
      return "no interface here has this address: configure 127.0.0.1 or ::1 under `admin`";
    default:
      return "configure another address under `admin`";
  }
}

absl::StatusOr<UniqueFd> Listen(const config::SocketAddress& address) {
  const int family = address.ip().is_ipv4() ? AF_INET : AF_INET6;
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) {
    const int error_number = errno;
    return ErrnoStatus(error_number,
                       absl::StrCat("no socket for the admin address ", address.Format()));
  }
  const int on = 1;
  // Best effort: without it a restart may have to wait for old connections.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_storage storage{};
  const socklen_t length = address.ToSockaddr(storage);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    const int error_number = errno;
    const absl::Status status = ErrnoStatus(
        error_number, absl::StrCat("cannot listen on the admin address ", address.Format()));
    return absl::Status(status.code(),
                        absl::StrCat(status.message(), " (", BindRemedy(error_number), ")"));
  }
  return fd;
}

absl::StatusOr<config::SocketAddress> LocalAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    const int error_number = errno;
    return ErrnoStatus(error_number, "address of the admin socket");
  }
  return config::SocketAddress::FromSockaddr(storage);
}

absl::Status WatchForReading(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0) return absl::OkStatus();
  const int error_number = errno;
  return ErrnoStatus(error_number, "watching the admin socket");
}

bool IsOutOfDescriptors(int error_number) {
  return error_number == EMFILE || error_number == ENFILE;
}

HttpResponse WrongMethod(absl::string_view method, const Endpoint& endpoint) {
  const bool changes = endpoint.access == Endpoint::Access::kChange;
  HttpResponse response = TextResponse(
      absl::StrCat("Method ", absl::CEscape(method.substr(0, limits::kLoggedTextBytesMax)),
                   " not allowed, ", changes ? "POST" : "GET", " required.\n"),
      405);
  response.allow = changes ? "POST" : "GET, HEAD";
  return response;
}

HttpResponse Forbidden(absl::string_view header, absl::string_view value) {
  return TextResponse(
      absl::StrCat(header, " \"", absl::CEscape(value.substr(0, limits::kLoggedTextBytesMax)),
                   "\" is refused, so that no web page can reach this port through a browser; ask "
                   "by address or as localhost\n"),
      403);
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Create(const config::SocketAddress& address,
                                                               HttpServerOptions options) {
  ASSIGN_OR_RETURN(UniqueFd listening, Listen(address));
  ASSIGN_OR_RETURN(const config::SocketAddress bound, LocalAddress(listening.get()));
  std::unique_ptr<HttpServer> server(new HttpServer(bound, options));
  RETURN_IF_ERROR(server->Start(std::move(listening)));
  return server;
}

HttpServer::HttpServer(const config::SocketAddress& address, HttpServerOptions options)
    : options_(options), address_(address) {}

HttpServer::~HttpServer() = default;

absl::Status HttpServer::Start(UniqueFd listening) {
  listening_ = std::move(listening);
  epoll_.Reset(::epoll_create1(EPOLL_CLOEXEC));
  timer_.Reset(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!epoll_ || !timer_) {
    const int error_number = errno;
    return ErrnoStatus(error_number, "the admin server cannot start");
  }
  auto dispatch = [this](const RequestHead& head, Responder responder) {
    Dispatch(head, std::move(responder));
  };
  ASSIGN_OR_RETURN(engine_, HttpEngine::Create(options_, dispatch, [this] { ArmTimer(); }));
  RETURN_IF_ERROR(WatchForReading(epoll_.get(), timer_.get()));
  RETURN_IF_ERROR(WatchForReading(epoll_.get(), engine_->epoll_fd()));
  SetAccepting(true);
  while (reserve_.size() < kReservedDescriptors) {
    UniqueFd spare(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!spare) break;
    reserve_.push_back(std::move(spare));
  }
  return absl::OkStatus();
}

std::string HttpServer::FormatHelp() const {
  std::string text = "admin commands are:\n";
  for (const Endpoint& endpoint : endpoints_) {
    absl::StrAppend(&text, "  ", endpoint.path,
                    endpoint.access == Endpoint::Access::kChange ? " (POST): " : ": ",
                    endpoint.help, "\n");
  }
  return text;
}

void HttpServer::Add(Endpoint endpoint) {
  const auto place =
      std::lower_bound(endpoints_.begin(), endpoints_.end(), endpoint,
                       [](const Endpoint& a, const Endpoint& b) { return a.path < b.path; });
  CHECK(place == endpoints_.end() || place->path != endpoint.path, endpoint.path);
  endpoints_.insert(place, std::move(endpoint));
}

int HttpServer::epoll_fd() const { return epoll_.get(); }

size_t HttpServer::connections() const { return engine_->connections(); }

bool HttpServer::Adopt(UniqueFd socket) {
  if (connections() >= options_.connections_max) return false;
  const bool adopted = engine_->Adopt(std::move(socket));
  ArmTimer();
  return adopted;
}

void HttpServer::Run() {
  Accept();
  engine_->Run();
  // What the reserve lent to clients that are gone now.
  while (reserve_.size() < kReservedDescriptors) {
    UniqueFd spare(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!spare) break;
    reserve_.push_back(std::move(spare));
  }
  SetAccepting(connections() < options_.connections_max &&
               std::chrono::steady_clock::now() >= accept_again_at_);
  ArmTimer();
}

void HttpServer::Accept() {
  while (connections() < options_.connections_max) {
    UniqueFd socket(::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const int error_number = errno;
    if (socket) {
      engine_->Adopt(std::move(socket));
    } else if (IsOutOfDescriptors(error_number) && !reserve_.empty()) {
      reserve_.pop_back();
    } else if (error_number == EAGAIN) {
      return;
    } else if (error_number != EINTR && error_number != ECONNABORTED) {
      accept_again_at_ = std::chrono::steady_clock::now() + kAcceptPause;
      return;
    }
  }
}

void HttpServer::SetAccepting(bool accepting) {
  if (accepting == accepting_) return;
  epoll_event event{};
  event.events = EPOLLIN;
  const int operation = accepting ? EPOLL_CTL_ADD : EPOLL_CTL_DEL;
  // Adding can fail for want of kernel memory; the next Run tries again.
  if (::epoll_ctl(epoll_.get(), operation, listening_.get(), &event) == 0) accepting_ = accepting;
}

void HttpServer::ArmTimer() {
  std::optional<std::chrono::steady_clock::time_point> wake_at = engine_->WakeAt();
  const auto now = std::chrono::steady_clock::now();
  if (!accepting_ && accept_again_at_ > now) {
    wake_at = wake_at ? std::min(*wake_at, accept_again_at_) : accept_again_at_;
  }
  itimerspec when{};
  if (wake_at.has_value()) {
    // Zero would switch the timer off.
    const auto wait =
        std::max(std::chrono::nanoseconds(*wake_at - now), std::chrono::nanoseconds(1));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = (wait - seconds).count();
  }
  CHECK(::timerfd_settime(timer_.get(), 0, &when, nullptr) == 0, errno);
}

void HttpServer::Dispatch(const RequestHead& head, Responder responder) {
  for (const std::string& host : head.hosts) {
    if (!IsAllowedHost(host)) return std::move(responder).Send(Forbidden("Host", host));
  }
  HttpRequest request;
  request.target = ParseTarget(head.target);
  const auto endpoint =
      std::find_if(endpoints_.begin(), endpoints_.end(),
                   [&](const Endpoint& known) { return known.path == request.target.path; });
  if (endpoint == endpoints_.end()) {
    return std::move(responder).Send(TextResponse("invalid path. " + FormatHelp(), 404));
  }
  const std::optional<Method> method = ParseMethod(head.method);
  const bool is_change = endpoint->access == Endpoint::Access::kChange;
  if (!method.has_value() || is_change != (*method == Method::kPost)) {
    return std::move(responder).Send(WrongMethod(head.method, *endpoint));
  }
  request.method = *method;
  for (const std::string& origin : head.origins) {
    if (is_change && (head.hosts.size() != 1 || !IsSameOrigin(origin, head.hosts[0]))) {
      return std::move(responder).Send(Forbidden("Origin", origin));
    }
  }
  endpoint->handler(request, std::move(responder));
}

}  // namespace outrigger::admin
