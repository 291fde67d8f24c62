// SPDX-License-Identifier: Apache-2.0
#include "xds/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

#include "proxy/base/errno_status.h"
#include "proxy/base/limits.h"
#include "proxy/base/status_macros.h"
#include "proxy/base/unique_fd.h"
#include "xds/api_descriptors.h"
#include "xds/decode_bootstrap.h"
#include "xds/message_reader.h"
#include "xds/yaml_reader.h"

namespace outrigger::xds {
namespace {

using BootstrapProto = envoy::config::bootstrap::v3::Bootstrap;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  // Non-blocking: opening a FIFO that nobody writes to would hang.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    const int error = errno;
    return ErrnoStatus(error, path);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    const int error = errno;
    return ErrnoStatus(error, path);
  }
  if (S_ISDIR(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a directory: expected a YAML or JSON file"));
  }
  const auto too_long = [&](const std::string& length) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is ", length, ": expected at most ", kConfigBytesMax, " bytes"));
  };
  if (status.st_size > static_cast<off_t>(kConfigBytesMax))
    return too_long(absl::StrCat(status.st_size, " bytes long"));
  std::string text;
  // One byte more than allowed shows that there is more, whatever the file's size claims.
  while (text.size() <= kConfigBytesMax) {
    constexpr size_t kChunkBytes = size_t{256} * 1024;
    const size_t had = text.size();
    text.resize(had + kChunkBytes);
    const ssize_t got = ::read(fd.get(), text.data() + had, kChunkBytes);
    const int error = errno;
    text.resize(had + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return text;
    if (got < 0 && error != EINTR) return ErrnoStatus(error, path);
  }
  return too_long("too long");
}

std::string FormatFinding(const config::Finding& finding, const std::string& name,
                          const YamlDocument& document) {
  const int line = finding.line > 0 ? finding.line : document.FindLine(finding.path);
  std::string text = absl::StrCat(name, ":", line, ": ");
  if (!finding.path.empty()) absl::StrAppend(&text, finding.path, ": ");
  if (!finding.value.empty()) {
    absl::StrAppend(
        &text, "\"",
        absl::CEscape(absl::string_view(finding.value).substr(0, limits::kLoggedTextBytesMax)),
        "\": ");
  }
  return absl::StrCat(text, finding.message);
}

// What the reader could not read has a default, or nothing, for the decoders: they need not say so
// again.
bool IsExplained(const config::Finding& finding, const std::vector<config::Finding>& by_reader) {
  return std::any_of(by_reader.begin(), by_reader.end(), [&](const config::Finding& error) {
    if (error.path == finding.path) return true;
    if (!finding.is_absence) return false;
    absl::string_view rest = error.path;
    return finding.path.empty() || (absl::ConsumePrefix(&rest, finding.path) &&
                                    (rest.front() == '.' || rest.front() == '['));
  });
}

// One text each, in the order of the file.
std::vector<std::string> FormatFindings(std::vector<config::Finding> findings, size_t dropped,
                                        const std::string& name, const YamlDocument& document) {
  for (config::Finding& finding : findings) {
    if (finding.line == 0) finding.line = document.FindLine(finding.path);
  }
  std::stable_sort(findings.begin(), findings.end(),
                   [](const auto& a, const auto& b) { return a.line < b.line; });
  std::vector<std::string> lines;
  for (const config::Finding& finding : findings)
    lines.push_back(FormatFinding(finding, name, document));
  if (dropped > 0) lines.push_back(absl::StrCat(name, ": and ", dropped, " more"));
  return lines;
}

absl::StatusOr<ApiDescriptors> OpenDescriptors(const std::string& descriptor_set) {
  if (descriptor_set.empty()) return ApiDescriptors();
  return ApiDescriptors::Load(descriptor_set);
}

// Reads the tree into our message by way of the published API's, so that fields beyond the subset
// are checked too.
absl::StatusOr<BootstrapProto> ReadBootstrap(const YamlDocument& document,
                                             const std::string& descriptor_set,
                                             config::Findings& findings) {
  ASSIGN_OR_RETURN(ApiDescriptors api, OpenDescriptors(descriptor_set));
  const auto* type = api.FindMessage(BootstrapProto::descriptor()->full_name());
  if (type == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("descriptor set ", descriptor_set, ": has no bootstrap; build it again"));
  }
  const auto message = api.NewMessage(*type);
  MessageReader(api, findings).Read(*document.root(), config::FieldPath(), *message);
  BootstrapProto bootstrap;
  if (!bootstrap.ParseFromString(message->SerializeAsString())) {
    return absl::InternalError("the subset of the API does not fit the published one");
  }
  return bootstrap;
}

}  // namespace

absl::StatusOr<LoadedBootstrap> LoadBootstrapText(absl::string_view text, const std::string& name,
                                                  const std::string& descriptor_set) {
  ASSIGN_OR_RETURN(const YamlDocument document, ParseYaml(text, name));
  if (document.root() == nullptr || document.root()->kind == YamlNode::Kind::kNull) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": is empty: expected an Envoy bootstrap"));
  }
  config::Findings read;
  ASSIGN_OR_RETURN(const BootstrapProto proto, ReadBootstrap(document, descriptor_set, read));
  config::Findings decoded;
  LoadedBootstrap loaded;
  loaded.bootstrap = DecodeBootstrap(proto, decoded);
  std::vector<config::Finding> errors = read.errors();
  for (const config::Finding& error : decoded.errors()) {
    if (!IsExplained(error, read.errors())) errors.push_back(error);
  }
  if (!errors.empty()) {
    const size_t dropped = read.errors_dropped() + decoded.errors_dropped();
    return absl::InvalidArgumentError(
        absl::StrJoin(FormatFindings(std::move(errors), dropped, name, document), "\n"));
  }
  std::vector<config::Finding> warnings = read.warnings();
  warnings.insert(warnings.end(), decoded.warnings().begin(), decoded.warnings().end());
  const size_t dropped = read.warnings_dropped() + decoded.warnings_dropped();
  loaded.warnings = FormatFindings(std::move(warnings), dropped, name, document);
  return loaded;
}

absl::StatusOr<LoadedBootstrap> LoadBootstrapFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return LoadBootstrapText(text, path, ApiDescriptors::DefaultPath());
}

}  // namespace outrigger::xds
