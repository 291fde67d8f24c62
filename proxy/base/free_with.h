// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace outrigger {

// Deleter made of a C free function: std::unique_ptr<FILE, FreeWith<std::fclose>>. Costs no space.
template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

}  // namespace outrigger
