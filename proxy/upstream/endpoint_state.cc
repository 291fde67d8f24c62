// SPDX-License-Identifier: Apache-2.0
#include "proxy/upstream/endpoint_state.h"

#include <algorithm>

namespace outrigger::upstream {

ActiveConnection::ActiveConnection(EndpointStatePtr state) : state_(std::move(state)) {
  if (state_ == nullptr) return;
  state_->active.fetch_add(1, std::memory_order_relaxed);
  state_->total.fetch_add(1, std::memory_order_relaxed);
}

ActiveConnection& ActiveConnection::operator=(ActiveConnection&& other) noexcept {
  if (this == &other) return *this;
  Reset();
  state_ = std::move(other.state_);
  return *this;
}

void ActiveConnection::RecordConnectFailure() {
  if (state_ != nullptr) state_->connect_failures.fetch_add(1, std::memory_order_relaxed);
}

void ActiveConnection::Reset() {
  if (state_ == nullptr) return;
  state_->active.fetch_sub(1, std::memory_order_relaxed);
  state_.reset();
}

ClusterStatePtr EndpointStates::Cluster(absl::string_view cluster) {
  const MutexLock lock(mutex_);
  SweepIfDue();
  std::weak_ptr<ClusterState>& known = clusters_[cluster].state;
  ClusterStatePtr state = known.lock();
  if (state == nullptr) {
    state = std::make_shared<ClusterState>();
    state->position.store(first_position_, std::memory_order_relaxed);
    known = state;
  }
  return state;
}

EndpointStatePtr EndpointStates::Endpoint(absl::string_view cluster,
                                          const config::SocketAddress& address) {
  const MutexLock lock(mutex_);
  SweepIfDue();
  const auto [known, inserted] = clusters_[cluster].endpoints.try_emplace(address);
  if (inserted) ++endpoint_count_;
  EndpointStatePtr state = known->second.lock();
  if (state == nullptr) {
    state = std::make_shared<EndpointState>();
    known->second = state;
  }
  return state;
}

size_t EndpointStates::endpoint_count() const {
  const MutexLock lock(mutex_);
  return endpoint_count_;
}

// Once the table has doubled since the last sweep, so that the cost stays constant per endpoint and
// the table below twice of what is alive.
void EndpointStates::SweepIfDue() {
  if (endpoint_count_ + clusters_.size() < sweep_at_) return;
  endpoint_count_ = 0;
  for (auto cluster = clusters_.begin(); cluster != clusters_.end();) {
    auto& [state, endpoints] = cluster->second;
    absl::erase_if(endpoints, [](const auto& endpoint) { return endpoint.second.expired(); });
    endpoint_count_ += endpoints.size();
    const bool ended = endpoints.empty() && state.expired();
    const auto current = cluster++;
    if (ended) clusters_.erase(current);
  }
  sweep_at_ = std::max<size_t>(64, 2 * (endpoint_count_ + clusters_.size()));
}

}  // namespace outrigger::upstream
