// SPDX-License-Identifier: Apache-2.0
#include "iptables/command_line.h"

#include <algorithm>
#include <exception>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include <CLI/CLI.hpp>

namespace outrigger::iptables {
namespace {

constexpr char kExamples[] = R"(Examples:
  What Istio's injection passes:
    outrigger iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i '*' -x '' -b '*' -d 15090,15021,15020
  Show the rules without loading them:
    outrigger iptables -u 1337 -i '*' -b '*' --dry-run
  Leave a database and the metadata service alone:
    outrigger iptables -u 1337 -i '*' -b '*' -o 5432 -x 169.254.169.254/32
  Remove everything:
    outrigger iptables --cleanup-only
  Check as the proxy's user that redirection works (exit status 126 if not):
    outrigger iptables --skip-rule-apply --run-validation

Every flag but -p can be given as an environment variable: its name in capitals, with _ for -. The command line wins.
Three settings are variables only: ISTIO_OUTBOUND_OWNER_GROUPS, ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE and
ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR.
)";

// Flags of Istio's logger that its injection may pass. The level is used, the others change nothing
// here.
constexpr const char* kLoggingTexts[] = {"--log_output_level", "--log_caller",
                                         "--log_stacktrace_level", "--log_target", "--vklog"};
constexpr const char* kLoggingSwitches[] = {"--log_as_json"};

std::string FlagNames(const FlagSpec& spec) {
  const std::string long_name = absl::StrCat("--", spec.name);
  return spec.short_name == 0 ? long_name
                              : absl::StrCat("-", std::string(1, spec.short_name), ",", long_name);
}

// "--flag=value" and "-f=value" of flags with a value become two words: CLI11 takes the next word
// if the value is empty and leaves the = of a short flag in its value.
std::vector<std::string> SplitValues(int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const bool has_value =
        std::any_of(Flags().begin(), Flags().end(), [&name](const FlagSpec& spec) {
          const bool is_short =
              spec.short_name != 0 && name == absl::StrCat("-", std::string(1, spec.short_name));
          return spec.kind == FlagSpec::Kind::kText &&
                 (is_short || name == absl::StrCat("--", spec.name));
        });
    if (equals != std::string::npos && has_value) {
      words.push_back(name);
      words.push_back(word.substr(equals + 1));
    } else {
      words.push_back(word);
    }
  }
  return words;
}

struct Parser {
  CLI::App app{
      "Set up the redirection of a pod's traffic to the proxy, with the flags and rules of Istio's "
      "istio-iptables.",
      "outrigger iptables"};
  std::map<std::string, std::string, std::less<>> values;
  std::vector<std::pair<const FlagSpec*, CLI::Option*>> options;

  Parser() {
    app.footer(kExamples);
    for (const FlagSpec& spec : Flags()) {
      std::string help(spec.help);
      if (!spec.default_text.empty()) absl::StrAppend(&help, " (default ", spec.default_text, ")");
      std::string& value = values[std::string(spec.name)];
      CLI::Option* option = spec.kind == FlagSpec::Kind::kSwitch
                                ? app.add_flag(FlagNames(spec), value, help)
                                : app.add_option(FlagNames(spec), value, help);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
      options.emplace_back(&spec, option);
    }
    for (const char* name : kLoggingTexts) {
      app.add_option(name, values[name], "as in Istio")
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    for (const char* name : kLoggingSwitches) {
      app.add_flag(name, values[name], "as in Istio")
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
  }
};

CommandLine Parse(int argc, const char* const* argv) {
  Parser parser;
  CommandLine result;
  std::vector<std::string> words = SplitValues(argc, argv);
  // CLI11 takes them from the back.
  std::reverse(words.begin(), words.end());
  try {
    parser.app.parse(words);
  } catch (const CLI::CallForHelp&) {
    result.help = parser.app.help();
    return result;
  }
  for (const auto& [spec, option] : parser.options) {
    if (option->count() > 0)
      result.flags[std::string(spec->name)] = parser.values[std::string(spec->name)];
  }
  result.log_output_level = parser.values["--log_output_level"];
  return result;
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv) {
  try {
    return Parse(argc, argv);
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(error.what(), "; see outrigger iptables --help"));
  }
}

}  // namespace outrigger::iptables
