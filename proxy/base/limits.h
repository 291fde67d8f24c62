// SPDX-License-Identifier: Apache-2.0
//
// Every limit of the data path, with its reason. Limits of the configuration reader stand in
// xds/yaml_reader.h, those of the iptables options in iptables/options.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace outrigger::limits {

// Sockets taken per wake-up of a listening socket: enough to empty a usual burst, few enough that
// the sessions of the worker wait for no more than about 2 ms (64 x 30 us).
inline constexpr int kAcceptsPerWakeup = 64;

// Listen backlog. The kernel cuts it to net.core.somaxconn (4,096 by default).
inline constexpr int kListenBacklog = 4096;

// How long an acceptor rests after EMFILE, ENFILE or ENOBUFS: a level-triggered listening socket
// would spin otherwise. Short enough that a database client sees a hiccup and no outage; a session
// that ends wakes it earlier.
inline constexpr std::chrono::milliseconds kAcceptPause{100};

// The one buffer of a worker through which all copying sessions pass (performance measurements: 16
// to 64 KiB are equal for small messages, 64 KiB is better from 64 KiB messages on).
inline constexpr size_t kCopyBufferBytes = size_t{64} * 1024;

// Bytes one direction may move per wake-up before other sessions of the worker get their turn.
inline constexpr size_t kPumpBytesPerWakeup = size_t{1024} * 1024;

// A read of at least this size counts as bulk; splice wins from here on.
inline constexpr size_t kBulkReadBytes = size_t{16} * 1024;
// Consecutive bulk reads until a direction moves to splice.
inline constexpr int kBulkReadsToSplice = 3;
// Consecutive short splices until it goes back to copying.
inline constexpr int kShortSplicesToCopy = 8;

// Wanted pipe size: 1 MiB is /proc/sys/fs/pipe-max-size, the most an unprivileged process gets.
inline constexpr int kPipeBytes = 1024 * 1024;
// Below this a pipe is worse than copying (the kernel gives 2 pages once the uid's quota is used
// up).
inline constexpr int kPipeBytesMin = 256 * 1024;
// Pipes of one worker, in use and pooled. The kernel allows a uid some 64 pipes of 1 MiB; bulk
// streams beyond this copy.
inline constexpr int kPipesPerWorkerMax = 32;
// Idle pipes kept for the next bulk stream.
inline constexpr int kPipesPooledPerWorker = 8;

// Descriptors that sessions never take: listening sockets, epoll, log files, the admin port and its
// connections.
inline constexpr uint64_t kReservedDescriptors = 128;
// Both sockets of a session.
inline constexpr uint64_t kDescriptorsPerSession = 2;

// Sessions of the process when neither flag nor descriptor limit says less: at 1 KiB of ours and
// about 18 KiB of the kernel's each this is 1.9 GB.
inline constexpr uint64_t kSessionsMax = 100'000;

// Default connect_timeout of a cluster that has none (Envoy's value).
inline constexpr std::chrono::milliseconds kConnectTimeout{5000};

// Keepalive on both legs (see the README's table of defaults).
inline constexpr int kKeepaliveIdleSeconds = 300;
inline constexpr int kKeepaliveIntervalSeconds = 30;
inline constexpr int kKeepaliveProbes = 9;
// Once a side is half-closed: conntrack forgets such a flow after 60 s of silence.
inline constexpr int kHalfCloseProbeSeconds = 25;

// After one side has reset: how long what it had sent before may take to reach the other side,
// before that side is reset too.
inline constexpr std::chrono::milliseconds kResetDelivery{5000};
// How often that is looked at: the kernel tells when there is room to write, never when all is
// acknowledged.
inline constexpr std::chrono::milliseconds kResetPoll{5};

// A session without a byte for this long is named once in the log.
inline constexpr std::chrono::seconds kIdleNoticeAfter{3600};

// Between two warnings of one worker about a pod that is set up wrongly.
inline constexpr std::chrono::seconds kWarningInterval{10};

// How often a worker looks through its sessions for idle ones: a walk over 100,000 takes some 5 ms.
inline constexpr std::chrono::milliseconds kSweepInterval{60'000};

// How often the end of the application is looked for after SIGTERM.
inline constexpr std::chrono::milliseconds kDrainPoll{100};

// How long the admin waits for a worker's answer before it says so.
inline constexpr std::chrono::milliseconds kWorkerAnswerMax{2000};
// Sessions listed by one /connections request.
inline constexpr size_t kConnectionsListedMax = 10'000;

// Text that a peer controls is cut here in logs.
inline constexpr size_t kLoggedTextBytesMax = 256;

}  // namespace outrigger::limits
