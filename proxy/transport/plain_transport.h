// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proxy/base/unique_fd.h"
#include "proxy/transport/transport.h"

namespace outrigger::transport {

// TCP as it is.
class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(UniqueFd fd);

  IoResult Read(std::span<uint8_t> buffer) override;
  IoResult Write(std::span<const uint8_t> bytes) override;
  size_t buffered() const override { return 0; }
  int plain_descriptor() const override { return fd_.get(); }
  int descriptor() const override { return fd_.get(); }
  void ShutdownWrite() override;
  void Close() override;
  void Abort() override;

 private:
  UniqueFd fd_;
};

}  // namespace outrigger::transport
