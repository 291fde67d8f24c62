// SPDX-License-Identifier: Apache-2.0
#include "proxy/upstream/connector.h"

#include <cerrno>
#include <utility>

#include "proxy/net/socket.h"
#include "proxy/net/socket_options.h"

namespace outrigger::upstream {
namespace {

Connector::Failure Classify(int error_number) {
  switch (error_number) {
    case EADDRNOTAVAIL:
    case EADDRINUSE:
      return Connector::Failure::kLocal;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return Connector::Failure::kDescriptors;
    default:
      return Connector::Failure::kRefused;
  }
}

}  // namespace

Connector::Connector(event::Loop& loop, Options options, absl::AnyInvocable<void(Result)> on_result)
    : loop_(loop), options_(std::move(options)), on_result_(std::move(on_result)) {}

Connector::Result Connector::Start() {
  int error_number = 0;
  auto created = net::CreateTcpSocket(options_.destination.ip().family(), &error_number);
  if (!created.ok()) return Fail(Classify(error_number), error_number, true);
  fd_ = *std::move(created);
  net::SetProxiedSocketOptions(fd_.get(), options_.keepalive);
  if (options_.source.has_value()) {
    error_number = net::BindSource(fd_.get(), *options_.source);
    if (error_number != 0) return Fail(Failure::kLocal, error_number, true);
  }
  error_number = net::StartConnect(fd_.get(), options_.destination);
  if (error_number != 0) return Fail(Classify(error_number), error_number, true);
  if (auto local = net::LocalAddress(fd_.get()); local.ok()) local_address_ = *local;

  auto watcher = event::FdWatcher::Create(
      loop_, fd_.get(), event::FdWatcher::Callback::To<&Connector::OnWritable>(this));
  if (!watcher.ok()) return Fail(Failure::kDescriptors, ENOMEM, true);
  watcher_ = *std::move(watcher);
  watcher_.Watch(event::kWritable);
  timer_ = event::Timer(loop_, [this] { on_result_(Fail(Failure::kTimeout, ETIMEDOUT, false)); });
  timer_.Start(options_.timeout);
  return {};
}

Connector::Result Connector::Fail(Failure failure, int error_number, bool immediate) {
  timer_ = event::Timer();
  watcher_ = event::FdWatcher();
  fd_.Reset();
  return {.failure = failure, .error_number = error_number, .immediate = immediate};
}

void Connector::OnWritable(event::Readiness /*readiness*/) {
  if (const int error_number = net::TakeSocketError(fd_.get()); error_number != 0) {
    on_result_(Fail(Classify(error_number), error_number, false));
    return;
  }
  timer_ = event::Timer();
  watcher_.Watch(event::kNothing);
  on_result_({.fd = std::move(fd_), .watcher = std::move(watcher_)});
}

}  // namespace outrigger::upstream
