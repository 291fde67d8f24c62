// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/field_path.h"
#include "config/findings.h"
#include "config/snapshot.h"

namespace outrigger::config {

// The rules between parts of a configuration: names and addresses that have to be unique,
// references that have to lead somewhere, filter chains that must not take the same connections.
// `path` is where `listeners` and `clusters` stand. Takes snapshots of which parts could not be
// decoded.
void ValidateSnapshot(const Snapshot& snapshot, const FieldPath& path, Findings& findings);

}  // namespace outrigger::config
