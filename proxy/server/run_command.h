// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace outrigger::server {

// `outrigger run`: reads the configuration, serves until told to end. Returns the exit status.
int RunCommand(int argc, char** argv);

}  // namespace outrigger::server
