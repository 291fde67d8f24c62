// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace outrigger::server {

// `outrigger validate FILE...`: loads each file as `run` would and says what is wrong with it,
// without opening a port. Returns the process's exit status: 0 if all files are good.
int ValidateCommand(int argc, char** argv);

}  // namespace outrigger::server
