// SPDX-License-Identifier: Apache-2.0
//
// One direction of a session. Starts by copying through the worker's one buffer; a stream that
// proves to be bulk moves to splice, and back when it no longer is. Between two calls a pump holds
// at most what the sink did not take: the rest of one buffer, or what is in one pipe. Nothing is
// read while that is there: backpressure is this one rule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "proxy/event/loop.h"
#include "proxy/observe/counters.h"
#include "proxy/session/pipe_pool.h"
#include "proxy/transport/transport.h"

namespace outrigger::session {

// What all pumps of one worker share. Belongs to the worker.
struct PumpResources {
  event::Loop& loop;
  std::span<uint8_t> buffer;  // limits::kCopyBufferBytes
  PipePool& pipes;
  observe::WorkerCounters& counters;
};

class Pump {
 public:
  enum class Outcome : uint8_t {
    kIdle,  // the source has nothing more just now (or the turn's budget is used up): wait until it
            // is readable
    kSinkFull,      // wait until the sink is writable
    kEnded,         // the source ended, everything is delivered and the end was passed on
    kSourceFailed,  // the source is broken; everything read from it is delivered
    kSinkFailed,    // the sink is broken; what was held for it is thrown away
  };

  // Between what bytes travel. Handed in anew for every turn, for the owner knows it anyhow: an
  // idle session has two pumps, and its memory is counted in bytes.
  struct Path {
    transport::Transport& source;
    transport::Transport& sink;
    PumpResources& resources;
  };

  Pump() = default;
  // Requires: nothing is held (DiscardHeld).
  ~Pump();
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  // To be called when the source is readable or the sink writable; harmless otherwise. After kEnded
  // or a failure it is not called again.
  Outcome Run(const Path& path);
  // The sink is broken, as seen elsewhere, or the session ends: throws away what is held. Run is
  // not called again.
  void DiscardHeld(PipePool& pipes);
  // The source is broken: an end that a read reports from now on is not one, and is not passed on.
  void TreatEndAsFailure() { end_is_failure_ = true; }

  bool wants_read() const { return !source_done_ && held() == 0; }
  bool wants_write() const { return held() != 0; }
  // Bytes read but not taken by the sink.
  size_t held() const { return held_bytes_ + pipe_bytes_; }
  // The source has ended or failed: nothing will be read any more.
  bool source_done() const { return source_done_; }
  bool ended() const { return end_passed_on_; }
  bool splicing() const { return mode_ == Mode::kSplice; }
  // Bytes delivered to the sink.
  uint64_t bytes() const { return bytes_; }
  int error_number() const { return error_number_; }

 private:
  enum class Mode : uint8_t { kCopy, kSplice };
  // What one step of a turn came to.
  enum class Step : uint8_t {
    kMoved,
    kShort,
    kBlocked,
    kSinkFull,
    kEnd,
    kSourceError,
    kSinkError,
    kNoPipe
  };

  Step CopyOnce(const Path& path);
  Step SpliceOnce(const Path& path);
  // Gives the sink what is held. kMoved once nothing is.
  Step FlushHeld(const Path& path);
  Step FlushPipe(const Path& path);
  Step WriteOrHold(const Path& path, std::span<const uint8_t> bytes);
  void NoteRead(const Path& path, size_t bytes);
  void LeaveSplice(const Path& path);
  Outcome Finish(const Path& path, Outcome outcome);
  // The source is done: passes the end on, or reports the failure, once nothing is held.
  Outcome Conclude(const Path& path);

  uint64_t bytes_ = 0;
  std::unique_ptr<uint8_t[]> held_buffer_;  // only while the sink is full
  std::unique_ptr<Pipe> pipe_;              // only while bytes are in it
  uint32_t held_offset_ = 0;
  uint32_t held_bytes_ = 0;
  uint32_t pipe_bytes_ = 0;
  int error_number_ = 0;
  Mode mode_ = Mode::kCopy;
  uint8_t bulk_reads_ = 0;
  uint8_t short_splices_ = 0;
  bool source_done_ = false;
  bool source_failed_ = false;
  bool end_passed_on_ = false;
  bool end_is_failure_ = false;
};

}  // namespace outrigger::session
