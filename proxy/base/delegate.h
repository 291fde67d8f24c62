// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace outrigger {

template <typename Signature>
class Delegate;

// A method of one object, to be called later: two pointers. For callbacks of which every idle
// session has several, where an absl::AnyInvocable's 32 bytes would count. The object must outlive
// the calls.
//   Delegate<void(int)>::To<&Session::OnEvent>(session)
template <typename Result, typename... Arguments>
class Delegate<Result(Arguments...)> {
 public:
  Delegate() = default;

  template <auto Method, typename Owner>
  static Delegate To(Owner* owner) {
    Delegate delegate;
    delegate.owner_ = owner;
    delegate.call_ = [](void* object, Arguments... arguments) -> Result {
      return (static_cast<Owner*>(object)->*Method)(std::forward<Arguments>(arguments)...);
    };
    return delegate;
  }

  // Requires: made by To.
  Result operator()(Arguments... arguments) const {
    return call_(owner_, std::forward<Arguments>(arguments)...);
  }

 private:
  void* owner_ = nullptr;
  Result (*call_)(void*, Arguments...) = nullptr;
};

}  // namespace outrigger
