// SPDX-License-Identifier: Apache-2.0
//
// Finds dials of ours that come back to us. The rules exempt the proxy by uid; under another uid
// the kernel redirects what the proxy dials to the proxy itself, which dials again, and one
// connection becomes thousands within seconds. Such a dial has one mark: the socket that dials and
// the connection that is accepted name the same source and the same original destination.
//
// Workers register both. Which comes first is open: another worker may accept the connection before
// the one that dials has learned the port that the kernel chose. So whoever registers second is
// told, and ends his session.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"

#include "config/listener.h"
#include "config/socket_address.h"
#include "proxy/base/mutex.h"

namespace outrigger::upstream {

// One for the process, outlives all sessions. Thread-safe.
//
// This is the one place where workers share a table, since two of them may hold the two ends of one
// connection. It is cut into shards by source and destination, each behind a lock held for one hash
// operation; two workers meet in a shard about once in 64 times that they are both inside.
class DialRegistry {
  enum class Kind : uint8_t { kOutboundDial, kOtherDial, kInboundAccept, kOtherAccept };
  // A hash of source and destination stands for both: the table has an entry for every proxied
  // connection of the pod, and 16 bytes are a fifth of what the addresses take. Two of a million
  // connections meet by accident once in 37 million such tables; one of them would be refused.
  using Key = uint64_t;

 public:
  // Keeps an entry in the table. Destroy or reset it before the socket is closed: once that has
  // happened the kernel may give the same addresses to another connection.
  class Handle {
   public:
    Handle() = default;
    Handle(Handle&& other) noexcept { *this = std::move(other); }
    Handle& operator=(Handle&& other) noexcept;
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() { Reset(); }

    void Reset();

   private:
    friend class DialRegistry;
    DialRegistry* registry_ = nullptr;  // null: holds nothing
    Key key_ = 0;
    Kind kind_ = Kind::kOtherDial;
  };

  DialRegistry() = default;
  DialRegistry(const DialRegistry&) = delete;
  DialRegistry& operator=(const DialRegistry&) = delete;

  // An upstream socket that has begun to connect, as soon as its own address is known. `direction`
  // is that of the listener whose session dials. `came_back` is set if the connection was accepted
  // by us already.
  [[nodiscard]] Handle RegisterDial(const config::SocketAddress& source,
                                    const config::SocketAddress& destination,
                                    config::TrafficDirection direction, bool& came_back);

  // A connection that was redirected in OUTPUT (its local address is loopback), with its peer and
  // original destination. `direction` is that of the listener that accepted it. `came_back` is set
  // if it is a dial of ours.
  //
  // One way of coming back is in order and is not reported: a service that selects its own caller.
  // An outbound dial to the own pod's address is redirected to the inbound listener, which dials
  // from 127.0.0.6 and is not redirected again.
  [[nodiscard]] Handle RegisterAccept(const config::SocketAddress& source,
                                      const config::SocketAddress& destination,
                                      config::TrafficDirection direction, bool& came_back);

  // Entries in the table.
  size_t size() const;

 private:
  // Entries of each kind. Above one only for the moment between the end of one connection and that
  // of its entry.
  using Counts = std::array<uint16_t, 4>;
  // Enough that 64 workers seldom wait, few enough that the empty table is small.
  static constexpr size_t kShards = 64;
  struct alignas(64) Shard {
    mutable Mutex mutex;
    absl::flat_hash_map<Key, Counts> entries ABSL_GUARDED_BY(mutex);
  };

  Handle Register(const config::SocketAddress& source, const config::SocketAddress& destination,
                  Kind kind, bool& came_back);
  void Remove(Key key, Kind kind);
  Shard& ShardOf(Key key);

  std::array<Shard, kShards> shards_;
};

}  // namespace outrigger::upstream
