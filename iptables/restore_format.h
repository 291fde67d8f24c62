// SPDX-License-Identifier: Apache-2.0
//
// Rules -> the text that iptables-restore reads. A rule is written exactly as iptables-save prints
// it back, so what is in the kernel can be compared with what is wanted as text.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

#include "iptables/rules.h"

namespace outrigger::iptables {

// "mangle", "nat", "raw".
absl::string_view TableName(Table table);

// "-p tcp -m tcp --dport 15008 -j RETURN": matches and target, without the chain.
std::string FormatRule(const Rule& rule, Family family);

// The whole table as input of `iptables-restore --noflush`, for tables that hold nothing of ours
// yet.
std::string FormatTable(const TableRules& table, Family family);

}  // namespace outrigger::iptables
