// SPDX-License-Identifier: Apache-2.0
#include "proxy/session/pump.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/base/check.h"
#include "proxy/base/limits.h"

namespace outrigger::session {

using transport::IoResult;
using transport::IoState;

Pump::Pump(transport::Transport& source, transport::Transport& sink, PumpResources& resources)
    : source_(source), sink_(sink), resources_(resources) {}

Pump::~Pump() { DiscardHeld(); }

void Pump::DiscardHeld() {
  held_buffer_.reset();
  held_bytes_ = 0;
  if (pipe_ != nullptr) resources_.pipes.Discard(std::move(pipe_));
  pipe_bytes_ = 0;
}

Pump::Outcome Pump::Run(uint64_t now_ms) {
  const Step flushed = FlushHeld();
  if (flushed == Step::kSinkFull) return Outcome::kSinkFull;
  if (flushed == Step::kSinkError) return Finish(Outcome::kSinkFailed);
  if (source_done_) return Conclude();

  const uint64_t budget_end = bytes_ + limits::kPumpBytesPerWakeup;
  while (bytes_ < budget_end) {
    Step step = mode_ == Mode::kSplice ? SpliceOnce(now_ms) : CopyOnce();
    if (step == Step::kNoPipe) step = CopyOnce();
    switch (step) {
      case Step::kMoved:
      case Step::kNoPipe:
        continue;
      case Step::kShort:
        // A short read emptied the socket: asking again would only be told "would block". Not so
        // for bytes that the transport has decrypted already: these raise no readiness.
        if (source_.buffered() != 0) continue;
        return Outcome::kIdle;
      case Step::kBlocked:
        return Outcome::kIdle;
      case Step::kSinkFull:
        return Outcome::kSinkFull;
      case Step::kSinkError:
        return Finish(Outcome::kSinkFailed);
      case Step::kEnd:
      case Step::kSourceError:
        source_done_ = true;
        source_failed_ = step == Step::kSourceError || end_is_failure_;
        return Conclude();
    }
  }
  return Outcome::kIdle;  // level-triggered: the rest is told again on the next turn
}

Pump::Outcome Pump::Conclude() {
  if (source_failed_) return Finish(Outcome::kSourceFailed);
  if (!end_passed_on_) {
    end_passed_on_ = true;
    sink_.ShutdownWrite();
  }
  return Outcome::kEnded;
}

Pump::Outcome Pump::Finish(Outcome outcome) {
  DiscardHeld();
  return outcome;
}

Pump::Step Pump::CopyOnce() {
  const IoResult read = source_.Read(resources_.buffer);
  switch (read.state) {
    case IoState::kWouldBlock:
      return Step::kBlocked;
    case IoState::kEnd:
      return Step::kEnd;
    case IoState::kError:
      error_number_ = read.error_number;
      return Step::kSourceError;
    case IoState::kOk:
      break;
  }
  NoteRead(read.bytes);
  const Step written = WriteOrHold(resources_.buffer.first(read.bytes));
  if (written != Step::kMoved) return written;
  return read.bytes < resources_.buffer.size() ? Step::kShort : Step::kMoved;
}

// Counts towards splice: after a few large reads in a row the stream is bulk.
void Pump::NoteRead(size_t bytes) {
  if (bytes < limits::kBulkReadBytes) {
    bulk_reads_ = 0;
    return;
  }
  if (++bulk_reads_ < limits::kBulkReadsToSplice) return;
  bulk_reads_ = 0;
  if (source_.plain_descriptor() < 0 || sink_.plain_descriptor() < 0) return;
  mode_ = Mode::kSplice;
  short_splices_ = 0;
  resources_.counters.relay_splice_entered.Add();
}

void Pump::LeaveSplice() {
  mode_ = Mode::kCopy;
  resources_.counters.relay_splice_left.Add();
}

Pump::Step Pump::WriteOrHold(std::span<const uint8_t> bytes) {
  const IoResult written = sink_.Write(bytes);
  if (written.state == IoState::kError) {
    error_number_ = written.error_number;
    return Step::kSinkError;
  }
  bytes_ += written.bytes;
  resources_.counters.relay_copied_bytes.Add(written.bytes);
  const std::span<const uint8_t> rest = bytes.subspan(written.bytes);
  if (rest.empty()) return Step::kMoved;
  // No value-initialisation: the bytes are overwritten at once.
  held_buffer_.reset(new uint8_t[rest.size()]);
  std::memcpy(held_buffer_.get(), rest.data(), rest.size());
  held_offset_ = 0;
  held_bytes_ = static_cast<uint32_t>(rest.size());
  return Step::kSinkFull;
}

Pump::Step Pump::FlushHeld() {
  if (pipe_bytes_ != 0) return FlushPipe();
  while (held_bytes_ != 0) {
    const IoResult written = sink_.Write({held_buffer_.get() + held_offset_, held_bytes_});
    if (written.state == IoState::kWouldBlock) return Step::kSinkFull;
    if (written.state == IoState::kError) {
      error_number_ = written.error_number;
      return Step::kSinkError;
    }
    const auto taken = static_cast<uint32_t>(written.bytes);
    held_offset_ += taken;
    held_bytes_ -= taken;
    bytes_ += taken;
    resources_.counters.relay_copied_bytes.Add(taken);
  }
  held_buffer_.reset();
  return Step::kMoved;
}

Pump::Step Pump::SpliceOnce(uint64_t now_ms) {
  DCHECK(pipe_ == nullptr && pipe_bytes_ == 0);
  pipe_ = resources_.pipes.Acquire(now_ms);
  if (pipe_ == nullptr) return Step::kNoPipe;
  const ssize_t taken = splice(source_.plain_descriptor(), nullptr, pipe_->write_end.get(), nullptr,
                               pipe_->capacity, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  const int error_number = errno;
  if (taken <= 0) {
    resources_.pipes.Release(std::move(pipe_));
    if (taken == 0) {
      // Also what splice says at an urgent byte that recv would give: only recv knows whether this
      // is the end.
      LeaveSplice();
      return CopyOnce();
    }
    if (error_number == EAGAIN) {
      // A readable socket that has nothing to splice (urgent data): recv decides, or this would
      // spin.
      if (++short_splices_ >= limits::kShortSplicesToCopy) LeaveSplice();
      return Step::kBlocked;
    }
    if (error_number == EINTR) return Step::kMoved;
    LeaveSplice();
    return CopyOnce();
  }
  const bool is_short = static_cast<size_t>(taken) < limits::kBulkReadBytes;
  short_splices_ = is_short ? static_cast<uint8_t>(short_splices_ + 1) : uint8_t{0};
  pipe_bytes_ = static_cast<uint32_t>(taken);
  const Step flushed = FlushPipe();
  if (flushed == Step::kMoved && short_splices_ >= limits::kShortSplicesToCopy) LeaveSplice();
  if (flushed != Step::kMoved) return flushed;
  return is_short ? Step::kShort : Step::kMoved;
}

Pump::Step Pump::FlushPipe() {
  while (pipe_bytes_ != 0) {
    const ssize_t given = splice(pipe_->read_end.get(), nullptr, sink_.plain_descriptor(), nullptr,
                                 pipe_bytes_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (given < 0) {
      const int error_number = errno;
      if (error_number == EINTR) continue;
      if (error_number == EAGAIN) return Step::kSinkFull;
      error_number_ = error_number;
      return Step::kSinkError;
    }
    pipe_bytes_ -= static_cast<uint32_t>(given);
    bytes_ += static_cast<uint64_t>(given);
    resources_.counters.relay_spliced_bytes.Add(static_cast<uint64_t>(given));
  }
  resources_.pipes.Release(std::move(pipe_));
  return Step::kMoved;
}

}  // namespace outrigger::session
