// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <uv.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace outrigger::event {

// Frees a libuv handle: `State` has the handle as its member `handle`, and `handle.data` points at
// the State. libuv may touch the handle until its close callback has run, so the memory is released
// there and never in a destructor. Requires: the handle's init function has succeeded.
template <typename State>
void CloseHandle(State* state) {
  uv_close(reinterpret_cast<uv_handle_t*>(&state->handle),
           [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

// The only place where a libuv error becomes a Status.
inline absl::Status UvStatus(int error, absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", uv_strerror(error)));
}

}  // namespace outrigger::event
