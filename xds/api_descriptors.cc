// SPDX-License-Identifier: Apache-2.0
#include "xds/api_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/gzip_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl.h"

#include "proxy/base/errno_status.h"
#include "proxy/base/unique_fd.h"

namespace outrigger::xds {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;

// The set has 1 MB; one that claims to be far larger is not ours.
constexpr int kDescriptorSetBytesMax = 32 * 1024 * 1024;

// Errors of the pool become a null descriptor, which the caller reports with the name; protobuf
// would print to stderr.
class QuietErrors final : public DescriptorPool::ErrorCollector {
  void AddError(const std::string& /*filename*/, const std::string& /*element*/,
                const google::protobuf::Message* /*descriptor*/, ErrorLocation /*location*/,
                const std::string& /*message*/) override {}
};

QuietErrors& IgnoreErrors() {
  static auto* const collector = new QuietErrors;  // no state, never freed
  return *collector;
}

// Reads the FileDescriptorSet one file at a time, unparsed: field 1, length-delimited, is all that
// the message has.
bool AddFiles(google::protobuf::io::ZeroCopyInputStream& stream,
              google::protobuf::EncodedDescriptorDatabase& files) {
  google::protobuf::io::CodedInputStream input(&stream);
  input.SetTotalBytesLimit(kDescriptorSetBytesMax);
  constexpr uint32_t kFileTag = (1U << 3U) | 2U;
  uint32_t tag = 0;
  int count = 0;
  while ((tag = input.ReadTag()) == kFileTag) {
    int length = 0;
    std::string file;
    if (!input.ReadVarintSizeAsInt(&length) || !input.ReadString(&file, length)) return false;
    if (!files.AddCopy(file.data(), static_cast<int>(file.size()))) return false;
    ++count;
  }
  return tag == 0 && count > 0;
}

}  // namespace

absl::StatusOr<ApiDescriptors> ApiDescriptors::Load(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    const int error = errno;
    return ErrnoStatus(error, absl::StrCat("descriptor set ", path));
  }
  ApiDescriptors api;
  api.files_ = std::make_unique<google::protobuf::EncodedDescriptorDatabase>();
  google::protobuf::io::FileInputStream file(fd.get());
  google::protobuf::io::GzipInputStream inflated(&file);
  if (!AddFiles(inflated, *api.files_)) {
    return absl::InvalidArgumentError(
        absl::StrCat("descriptor set ", path, ": not a FileDescriptorSet; build it again"));
  }
  // The published package leaves google/protobuf/*.proto to the runtime.
  api.well_known_ =
      std::make_unique<google::protobuf::DescriptorPoolDatabase>(*DescriptorPool::generated_pool());
  api.all_files_ = std::make_unique<google::protobuf::MergedDescriptorDatabase>(
      api.files_.get(), api.well_known_.get());
  api.pool_ = std::make_unique<DescriptorPool>(api.all_files_.get(), &IgnoreErrors());
  return api;
}

std::string ApiDescriptors::DefaultPath() {
  std::string path;
  if (const char* configured = std::getenv("OUTRIGGER_API_DESCRIPTORS"); configured != nullptr) {
    path = configured;
  } else {
    char program[PATH_MAX];
    const ssize_t length = ::readlink("/proc/self/exe", program, sizeof program);
    if (length <= 0) return "";
    path.assign(program, static_cast<size_t>(length));
    path.resize(path.rfind('/') + 1);
    path += "envoy_api.desc";
  }
  return ::access(path.c_str(), R_OK) == 0 ? path : "";
}

const DescriptorPool& ApiDescriptors::pool() const {
  return is_full() ? *pool_ : *DescriptorPool::generated_pool();
}

const Descriptor* ApiDescriptors::FindMessage(const std::string& full_name) const {
  return pool().FindMessageTypeByName(full_name);
}

std::unique_ptr<google::protobuf::Message> ApiDescriptors::NewMessage(const Descriptor& type) {
  return std::unique_ptr<google::protobuf::Message>(factory_->GetPrototype(&type)->New());
}

std::vector<std::string> ApiDescriptors::FileNames() const {
  std::vector<std::string> names;
  if (is_full()) files_->FindAllFileNames(&names);
  return names;
}

const Descriptor* FindInSubset(const Descriptor& type) {
  return DescriptorPool::generated_pool()->FindMessageTypeByName(type.full_name());
}

}  // namespace outrigger::xds
