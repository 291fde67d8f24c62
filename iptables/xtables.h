// SPDX-License-Identifier: Apache-2.0
//
// The iptables programs of one family and back end: finding them, reading what is there, loading a
// table.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "iptables/rules.h"
#include "iptables/saved_state.h"

namespace outrigger::iptables {

// "IPv4", "nft".
absl::string_view FamilyName(Family family);
absl::string_view BackEndName(BackEnd back_end);

class Xtables {
 public:
  // Looks for "iptables-nft-save" and the like, then for "iptables-save" if that is of this back
  // end. kNotFound names the programs; kPermissionDenied and others mean that they are there and
  // cannot be used.
  static absl::StatusOr<Xtables> Find(Family family, BackEnd back_end,
                                      std::vector<std::string> environment);

  Family family() const { return family_; }
  BackEnd back_end() const { return back_end_; }
  // As iptables-save printed it last.
  const std::string& saved_text() const { return saved_text_; }
  const SavedTables& saved() const { return saved_; }

  // Reads the kernel's state again.
  absl::Status Refresh();
  // Loads one table, or only checks the text. On failure the message has iptables' own words and
  // the line.
  absl::Status Restore(absl::string_view text, bool check_only) const;

 private:
  Xtables(Family family, BackEnd back_end, std::string program,
          std::vector<std::string> environment);

  Family family_;
  BackEnd back_end_;
  std::string program_;
  std::vector<std::string> environment_;
  std::string saved_text_;
  SavedTables saved_;
};

}  // namespace outrigger::iptables
