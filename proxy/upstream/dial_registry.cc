// SPDX-License-Identifier: Apache-2.0
#include "proxy/upstream/dial_registry.h"

#include "absl/hash/hash.h"

#include "proxy/base/check.h"

namespace outrigger::upstream {

DialRegistry::Handle& DialRegistry::Handle::operator=(Handle&& other) noexcept {
  if (this == &other) return *this;
  Reset();
  registry_ = std::exchange(other.registry_, nullptr);
  key_ = other.key_;
  kind_ = other.kind_;
  return *this;
}

void DialRegistry::Handle::Reset() {
  if (registry_ == nullptr) return;
  registry_->Remove(key_, kind_);
  registry_ = nullptr;
}

DialRegistry::Handle DialRegistry::RegisterDial(const config::SocketAddress& source,
                                                const config::SocketAddress& destination,
                                                config::TrafficDirection direction,
                                                bool& came_back) {
  const bool outbound = direction == config::TrafficDirection::kOutbound;
  return Register(source, destination, outbound ? Kind::kOutboundDial : Kind::kOtherDial,
                  came_back);
}

DialRegistry::Handle DialRegistry::RegisterAccept(const config::SocketAddress& source,
                                                  const config::SocketAddress& destination,
                                                  config::TrafficDirection direction,
                                                  bool& came_back) {
  const bool inbound = direction == config::TrafficDirection::kInbound;
  return Register(source, destination, inbound ? Kind::kInboundAccept : Kind::kOtherAccept,
                  came_back);
}

DialRegistry::Handle DialRegistry::Register(const config::SocketAddress& source,
                                            const config::SocketAddress& destination, Kind kind,
                                            bool& came_back) {
  const Key key = absl::HashOf(source, destination);
  Shard& shard = ShardOf(key);
  {
    const MutexLock lock(shard.mutex);
    Counts& counts = shard.entries[key];
    const auto has = [&counts](Kind other) { return counts[static_cast<size_t>(other)] > 0; };
    switch (kind) {
      case Kind::kOutboundDial:
        came_back = has(Kind::kOtherAccept);
        break;
      case Kind::kOtherDial:
        came_back = has(Kind::kOtherAccept) || has(Kind::kInboundAccept);
        break;
      case Kind::kInboundAccept:
        came_back = has(Kind::kOtherDial);
        break;
      case Kind::kOtherAccept:
        came_back = has(Kind::kOtherDial) || has(Kind::kOutboundDial);
        break;
    }
    ++counts[static_cast<size_t>(kind)];
  }
  Handle handle;
  handle.registry_ = this;
  handle.key_ = key;
  handle.kind_ = kind;
  return handle;
}

void DialRegistry::Remove(Key key, Kind kind) {
  Shard& shard = ShardOf(key);
  const MutexLock lock(shard.mutex);
  const auto entry = shard.entries.find(key);
  CHECK(entry != shard.entries.end() && entry->second[static_cast<size_t>(kind)] > 0);
  --entry->second[static_cast<size_t>(kind)];
  if (entry->second == Counts{}) shard.entries.erase(entry);
}

DialRegistry::Shard& DialRegistry::ShardOf(Key key) {
  // The table inside a shard hashes the key again.
  return shards_[key % kShards];
}

size_t DialRegistry::size() const {
  size_t size = 0;
  for (const Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    for (const auto& [key, counts] : shard.entries) {
      for (const uint16_t count : counts) size += count;
    }
  }
  return size;
}

}  // namespace outrigger::upstream
