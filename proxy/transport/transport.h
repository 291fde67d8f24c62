// SPDX-License-Identifier: Apache-2.0
//
// The seam between the relay and how bytes cross one connection: plain now, TLS beside it later.
// Reads and writes tell bytes and state together, so that one loop serves both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace outrigger::transport {

enum class IoState : uint8_t {
  kOk,          // some bytes moved; maybe fewer than asked for
  kWouldBlock,  // none moved; wait for readiness
  kEnd,         // Read only: the peer has ended its direction in good order (FIN, close_notify)
  kError,       // the connection is broken; `error_number` says how
};

struct IoResult {
  IoState state = IoState::kOk;
  size_t bytes = 0;
  int error_number = 0;
};

// One connection. Belongs to one loop's thread; owns its descriptor.
class Transport {
 public:
  virtual ~Transport() = default;

  // Never blocks. Requires: a buffer that is not empty.
  virtual IoResult Read(std::span<uint8_t> buffer) = 0;
  virtual IoResult Write(std::span<const uint8_t> bytes) = 0;
  // Bytes that Read can give without the socket becoming readable (decrypted already). They raise
  // no readiness.
  virtual size_t buffered() const = 0;
  // The socket, where its bytes are the application's bytes in both directions and splice may be
  // used; -1 otherwise.
  virtual int plain_descriptor() const = 0;
  // The socket, for readiness and options only.
  virtual int descriptor() const = 0;
  // Ends our direction in good order. Requires: everything written was accepted by Write.
  virtual void ShutdownWrite() = 0;
  // Ends both directions in good order and gives the descriptor back.
  virtual void Close() = 0;
  // Ends both directions with RST: the peer must not believe that its stream was complete.
  virtual void Abort() = 0;
};

}  // namespace outrigger::transport
