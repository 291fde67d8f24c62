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

Pump::~Pump() { DCHECK(held() == 0); }

void Pump::DiscardHeld(PipePool& pipes) {
  held_buffer_.reset();
  held_bytes_ = 0;
  if (pipe_ != nullptr) pipes.Discard(std::move(pipe_));
  pipe_bytes_ = 0;
}

Pump::Outcome Pump::Run(const Path& path) {
  const Step flushed = FlushHeld(path);
  if (flushed == Step::kSinkFull) return Outcome::kSinkFull;
  if (flushed == Step::kSinkError) return Finish(path, Outcome::kSinkFailed);
  if (source_done_) return Conclude(path);

  const uint64_t budget_end = bytes_ + limits::kPumpBytesPerWakeup;
  while (bytes_ < budget_end) {
    Step step = mode_ == Mode::kSplice ? SpliceOnce(path) : CopyOnce(path);
    if (step == Step::kNoPipe) step = CopyOnce(path);
    switch (step) {
      case Step::kMoved:
      case Step::kNoPipe:
        continue;
      case Step::kShort:
        // A short read emptied the socket: asking again would only be told "would block". Not so
        // for bytes that the transport has decrypted already: these raise no readiness.
        if (path.source.buffered() != 0) continue;
        return Outcome::kIdle;
      case Step::kBlocked:
        return Outcome::kIdle;
      case Step::kSinkFull:
        return Outcome::kSinkFull;
      case Step::kSinkError:
        return Finish(path, Outcome::kSinkFailed);
      case Step::kEnd:
      case Step::kSourceError:
        source_done_ = true;
        source_failed_ = step == Step::kSourceError || end_is_failure_;
        return Conclude(path);
    }
  }
  return Outcome::kIdle;  // level-triggered: the rest is told again on the next turn
}

Pump::Outcome Pump::Conclude(const Path& path) {
  if (source_failed_) return Finish(path, Outcome::kSourceFailed);
  if (!end_passed_on_) {
    end_passed_on_ = true;
    path.sink.ShutdownWrite();
  }
  return Outcome::kEnded;
}

Pump::Outcome Pump::Finish(const Path& path, Outcome outcome) {
  DiscardHeld(path.resources.pipes);
  return outcome;
}

Pump::Step Pump::CopyOnce(const Path& path) {
  const IoResult read = path.source.Read(path.resources.buffer);
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
  NoteRead(path, read.bytes);
  const Step written = WriteOrHold(path, path.resources.buffer.first(read.bytes));
  if (written != Step::kMoved) return written;
  return read.bytes < path.resources.buffer.size() ? Step::kShort : Step::kMoved;
}

// Counts towards splice: after a few large reads in a row the stream is bulk.
void Pump::NoteRead(const Path& path, size_t bytes) {
  if (bytes < limits::kBulkReadBytes) {
    bulk_reads_ = 0;
    return;
  }
  if (++bulk_reads_ < limits::kBulkReadsToSplice) return;
  bulk_reads_ = 0;
  if (path.source.plain_descriptor() < 0 || path.sink.plain_descriptor() < 0) return;
  mode_ = Mode::kSplice;
  short_splices_ = 0;
  path.resources.counters.relay_splice_entered.Add();
}

void Pump::LeaveSplice(const Path& path) {
  mode_ = Mode::kCopy;
  path.resources.counters.relay_splice_left.Add();
}

Pump::Step Pump::WriteOrHold(const Path& path, std::span<const uint8_t> bytes) {
  const IoResult written = path.sink.Write(bytes);
  if (written.state == IoState::kError) {
    error_number_ = written.error_number;
    return Step::kSinkError;
  }
  bytes_ += written.bytes;
  path.resources.counters.relay_copied_bytes.Add(written.bytes);
  const std::span<const uint8_t> rest = bytes.subspan(written.bytes);
  if (rest.empty()) return Step::kMoved;
  // No value-initialisation: the bytes are overwritten at once.
  held_buffer_.reset(new uint8_t[rest.size()]);
  std::memcpy(held_buffer_.get(), rest.data(), rest.size());
  held_offset_ = 0;
  held_bytes_ = static_cast<uint32_t>(rest.size());
  return Step::kSinkFull;
}

Pump::Step Pump::FlushHeld(const Path& path) {
  if (pipe_bytes_ != 0) return FlushPipe(path);
  while (held_bytes_ != 0) {
    const IoResult written = path.sink.Write({held_buffer_.get() + held_offset_, held_bytes_});
    if (written.state == IoState::kWouldBlock) return Step::kSinkFull;
    if (written.state == IoState::kError) {
      error_number_ = written.error_number;
      return Step::kSinkError;
    }
    const auto taken = static_cast<uint32_t>(written.bytes);
    held_offset_ += taken;
    held_bytes_ -= taken;
    bytes_ += taken;
    path.resources.counters.relay_copied_bytes.Add(taken);
  }
  held_buffer_.reset();
  return Step::kMoved;
}

Pump::Step Pump::SpliceOnce(const Path& path) {
  DCHECK(pipe_ == nullptr && pipe_bytes_ == 0);
  pipe_ = path.resources.pipes.Acquire(path.resources.loop.now_ms());
  if (pipe_ == nullptr) return Step::kNoPipe;
  const ssize_t taken = splice(path.source.plain_descriptor(), nullptr, pipe_->write_end.get(),
                               nullptr, pipe_->capacity, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  const int error_number = errno;
  if (taken <= 0) {
    path.resources.pipes.Release(std::move(pipe_));
    if (taken == 0) {
      // Also what splice says at an urgent byte that recv would give: only recv knows whether this
      // is the end.
      LeaveSplice(path);
      return CopyOnce(path);
    }
    if (error_number == EAGAIN) {
      // A readable socket that has nothing to splice (urgent data): recv decides, or this would
      // spin.
      if (++short_splices_ >= limits::kShortSplicesToCopy) LeaveSplice(path);
      return Step::kBlocked;
    }
    if (error_number == EINTR) return Step::kMoved;
    LeaveSplice(path);
    return CopyOnce(path);
  }
  const bool is_short = static_cast<size_t>(taken) < limits::kBulkReadBytes;
  short_splices_ = is_short ? static_cast<uint8_t>(short_splices_ + 1) : uint8_t{0};
  pipe_bytes_ = static_cast<uint32_t>(taken);
  const Step flushed = FlushPipe(path);
  if (flushed == Step::kMoved && short_splices_ >= limits::kShortSplicesToCopy) LeaveSplice(path);
  if (flushed != Step::kMoved) return flushed;
  return is_short ? Step::kShort : Step::kMoved;
}

Pump::Step Pump::FlushPipe(const Path& path) {
  while (pipe_bytes_ != 0) {
    const ssize_t given = splice(pipe_->read_end.get(), nullptr, path.sink.plain_descriptor(),
                                 nullptr, pipe_bytes_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (given < 0) {
      const int error_number = errno;
      if (error_number == EINTR) continue;
      if (error_number == EAGAIN) return Step::kSinkFull;
      error_number_ = error_number;
      return Step::kSinkError;
    }
    pipe_bytes_ -= static_cast<uint32_t>(given);
    bytes_ += static_cast<uint64_t>(given);
    path.resources.counters.relay_spliced_bytes.Add(static_cast<uint64_t>(given));
  }
  path.resources.pipes.Release(std::move(pipe_));
  return Step::kMoved;
}

}  // namespace outrigger::session
