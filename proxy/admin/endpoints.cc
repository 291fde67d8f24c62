// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/endpoints.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "proxy/admin/debug_endpoints.h"
#include "proxy/admin/status_endpoints.h"
#include "proxy/observe/prometheus.h"

namespace outrigger::admin {
namespace {

using enum Endpoint::Access;

// All handlers share the callbacks; they live as long as the last handler.
using CallbacksPtr = std::shared_ptr<AdminCallbacks>;
using Answer = absl::AnyInvocable<HttpResponse(const HttpRequest& request)>;

// Most endpoints answer before they return.
HttpHandler AnswerAtOnce(Answer answer) {
  return [answer = std::move(answer)](const HttpRequest& request, Responder responder) mutable {
    std::move(responder).Send(answer(request));
  };
}

void AddStatistics(HttpServer& server, const observe::StatsStore& stats,
                   const CallbacksPtr& callbacks) {
  server.Add({"/stats", kRead, "print server stats, one `name: value` a line",
              AnswerAtOnce([&stats, callbacks](const HttpRequest&) {
                return TextResponse(
                    observe::FormatStats(observe::CollectSamples(stats, callbacks->numbers())));
              })});
  HttpHandler prometheus = AnswerAtOnce([&stats, callbacks](const HttpRequest&) {
    HttpResponse response = TextResponse(
        observe::FormatPrometheus(observe::CollectSamples(stats, callbacks->numbers())));
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  });
  server.Add({"/stats/prometheus", kRead, "print server stats in Prometheus' text format",
              std::move(prometheus)});
}

void AddStatus(HttpServer& server, const CallbacksPtr& callbacks) {
  server.Add({"/ready", kRead, "print server state: LIVE and 200, or another one and 503",
              AnswerAtOnce([callbacks](const HttpRequest&) {
                return ReadyAnswer(callbacks->numbers().state);
              })});
  server.Add({"/server_info", kRead, "print version, state, options and settings (JSON)",
              AnswerAtOnce([callbacks](const HttpRequest&) {
                return ServerInfoAnswer(callbacks->server_info(), callbacks->numbers());
              })});
  server.Add(
      {"/logging", kChange, "query/change logging levels (level=L, or NAME=L)",
       AnswerAtOnce([](const HttpRequest& request) { return LoggingAnswer(request.target); })});
  server.Add(
      {"/help", kRead, "print out list of admin commands",
       AnswerAtOnce([&server](const HttpRequest&) { return TextResponse(server.FormatHelp()); })});
  server.Add({"/", kRead, "Admin home page", AnswerAtOnce([&server](const HttpRequest&) {
                return IndexAnswer(server.endpoints());
              })});
}

void AddListings(HttpServer& server, const CallbacksPtr& callbacks) {
  server.Add({"/listeners", kRead, "print listener info (format=json)",
              AnswerAtOnce([callbacks](const HttpRequest& request) {
                return ListenersAnswer(request.target, callbacks->listeners());
              })});
  server.Add({"/clusters", kRead, "upstream cluster status (format=json)",
              AnswerAtOnce([callbacks](const HttpRequest& request) {
                return ClustersAnswer(request.target, callbacks->clusters());
              })});
  server.Add({"/connections", kRead, "the sessions of all workers (format=json)",
              [callbacks](const HttpRequest& request, Responder responder) {
                callbacks->connections([target = request.target, responder = std::move(responder)](
                                           ConnectionList list) mutable {
                  std::move(responder).Send(ConnectionsAnswer(target, std::move(list)));
                });
              }});
}

void AddActions(HttpServer& server, const CallbacksPtr& callbacks) {
  server.Add({"/quitquitquit", kChange, "exit the server",
              [callbacks](const HttpRequest&, Responder responder) {
                std::move(responder).Send(TextResponse("OK\n"));
                callbacks->quit();
              }});
  server.Add({"/drain_listeners", kChange, "drain listeners (inboundonly, graceful, skip_exit)",
              AnswerAtOnce([callbacks](const HttpRequest& request) {
                const absl::Status status =
                    callbacks->drain_listeners(ParseDrainOptions(request.target));
                if (status.ok()) return TextResponse("OK\n");
                return TextResponse(absl::StrCat(status.message(), "\n"), 400);
              })});
}

}  // namespace

void RegisterEndpoints(HttpServer& server, const observe::StatsStore& stats,
                       AdminCallbacks callbacks) {
  const auto shared = std::make_shared<AdminCallbacks>(std::move(callbacks));
  AddStatistics(server, stats, shared);
  AddStatus(server, shared);
  AddListings(server, shared);
  AddActions(server, shared);
}

}  // namespace outrigger::admin
