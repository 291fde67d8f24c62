// SPDX-License-Identifier: Apache-2.0
//
// yaml-cpp's tree keeps a key that is given twice without a word and has no limits, so its events
// are taken instead and the tree is built here.
#include "xds/yaml_reader.h"

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "proxy/base/status_macros.h"
#include "xds/utf8.h"

#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/mark.h"
#include "yaml-cpp/parser.h"

namespace outrigger::xds {
namespace {

// Ends the reading from inside yaml-cpp. Never leaves this file.
class Unreadable : public std::exception {
 public:
  Unreadable(int line, std::string message) : line_(line), message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }
  int line() const { return line_; }

 private:
  int line_;
  std::string message_;
};

int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

// `!!str`: text in spite of its looks.
constexpr absl::string_view kTextTag = "tag:yaml.org,2002:str";

// What can be told before any parsing.
absl::Status CheckText(absl::string_view text, const std::string& name) {
  if (text.size() > kConfigBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": is ", text.size(), " bytes long: expected at most ", kConfigBytesMax));
  }
  if (const size_t bad = FindInvalidText(text); bad != absl::string_view::npos) {
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n');
    return absl::InvalidArgumentError(
        absl::StrCat(name, ":", line, ": not YAML: expected UTF-8 text"));
  }
  const auto signs = std::count_if(text.begin(), text.end(),
                                   [](char c) { return absl::StrContains("[]{},:", c); });
  if (static_cast<size_t>(signs) > kYamlSignsMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": has ", signs, " brackets, commas and colons: expected at most ", kYamlSignsMax));
  }
  return absl::OkStatus();
}

}  // namespace

// Builds the tree from events. A stack of open containers, each with the key it waits for a value
// of.
class YamlBuilder final : public YAML::EventHandler {
 public:
  YamlDocument Take() { return std::move(document_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (document_.root_ != nullptr) {
      throw Unreadable(LineOf(mark), "expected one YAML document, but a second begins here");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode& node = AddNode(mark, YamlNode::Kind::kNull);
    Complete(node, anchor, 1, 1);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (TakesKey()) {
      SetKey(mark, value);
      return;
    }
    YamlNode& node = AddNode(mark, YamlNode::Kind::kScalar);
    node.quoted = tag == "!" || tag == kTextTag;
    if (!node.quoted && !tag.empty() && tag != "?") {
      throw Unreadable(
          node.line,
          absl::StrCat(Place(), "expected a plain value, but it has the YAML tag \"", tag, "\""));
    }
    node.text = value;
    Complete(node, anchor, 1, 1);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAsKey(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw Unreadable(LineOf(mark),
                       absl::StrCat(Place(), "an alias of a key, or of what it stands in itself"));
    }
    const Anchor& target = found->second;
    CheckDepth(mark, open_.size() + target.height);
    Count(mark, target.size);
    Attach(*target.node, LineOf(mark), target.size, target.height);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(mark, YamlNode::Kind::kSequence, anchor);
  }
  void OnSequenceEnd() override { CloseContainer(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(mark, YamlNode::Kind::kMapping, anchor);
  }
  void OnMapEnd() override { CloseContainer(); }

 private:
  struct Container {
    YamlNode* node = nullptr;
    YAML::anchor_t anchor = YAML::NullAnchor;
    bool has_key = false;
    std::string key;
    int key_line = 0;
    absl::flat_hash_map<std::string, int> key_lines;
    size_t size = 1;    // values in here, aliases expanded
    size_t height = 1;  // levels from here down
  };
  struct Anchor {
    const YamlNode* node;
    size_t size;
    size_t height;
  };

  bool TakesKey() const {
    return !open_.empty() && open_.back().node->kind == YamlNode::Kind::kMapping &&
           !open_.back().has_key;
  }

  void RefuseAsKey(const YAML::Mark& mark) const {
    if (TakesKey())
      throw Unreadable(LineOf(mark),
                       absl::StrCat(Place(), "expected a plain key, or a bracket is not closed"));
  }

  void SetKey(const YAML::Mark& mark, const std::string& key) {
    Container& container = open_.back();
    const auto [previous, is_new] = container.key_lines.emplace(key, LineOf(mark));
    container.has_key = true;
    container.key = key;
    container.key_line = LineOf(mark);
    if (!is_new) {
      throw Unreadable(LineOf(mark), absl::StrCat(Place(), "the key is given twice, first in line ",
                                                  previous->second));
    }
  }

  YamlNode& AddNode(const YAML::Mark& mark, YamlNode::Kind kind) {
    RefuseAsKey(mark);
    Count(mark, 1);
    YamlNode& node = document_.nodes_.emplace_back();
    node.kind = kind;
    node.line = LineOf(mark);
    return node;
  }

  void Open(const YAML::Mark& mark, YamlNode::Kind kind, YAML::anchor_t anchor) {
    YamlNode& node = AddNode(mark, kind);
    CheckDepth(mark, open_.size() + 1);
    Container& container = open_.emplace_back();
    container.node = &node;
    container.anchor = anchor;
  }

  void CloseContainer() {
    const Container container = std::move(open_.back());
    open_.pop_back();
    Complete(*container.node, container.anchor, container.size, container.height);
  }

  void Complete(YamlNode& node, YAML::anchor_t anchor, size_t size, size_t height) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {&node, size, height};
    Attach(node, node.line, size, height);
  }

  void Attach(const YamlNode& node, int line, size_t size, size_t height) {
    if (open_.empty()) {
      document_.root_ = &node;
      return;
    }
    Container& parent = open_.back();
    parent.size += size;
    parent.height = std::max(parent.height, height + 1);
    if (parent.has_key) {
      parent.node->members.push_back({std::move(parent.key), parent.key_line, &node});
      parent.has_key = false;
    } else {
      parent.node->members.push_back({"", line, &node});
    }
  }

  void Count(const YAML::Mark& mark, size_t added) {
    count_ += added;
    if (count_ > kYamlNodesMax) {
      throw Unreadable(LineOf(mark), absl::StrCat(Place(), "expected at most ", kYamlNodesMax,
                                                  " values in the file, aliases expanded"));
    }
  }

  void CheckDepth(const YAML::Mark& mark, size_t depth) const {
    if (depth > kYamlDepthMax) {
      throw Unreadable(LineOf(mark), absl::StrCat(Place(), "expected at most ", kYamlDepthMax,
                                                  " levels of nesting"));
    }
  }

  // The path to where the reading is, with ": ", cut to what a person can read.
  std::string Place() const {
    constexpr size_t kStepsShown = 12;
    std::string place;
    for (size_t i = 0; i < std::min(open_.size(), kStepsShown); ++i) {
      const Container& container = open_[i];
      if (container.node->kind == YamlNode::Kind::kSequence) {
        absl::StrAppend(&place, "[", container.node->members.size(), "]");
      } else if (container.has_key) {
        absl::StrAppend(&place, place.empty() ? "" : ".", container.key);
      }
    }
    if (open_.size() > kStepsShown) place += "...";
    return place.empty() ? place : place + ": ";
  }

  YamlDocument document_;
  std::vector<Container> open_;
  absl::flat_hash_map<YAML::anchor_t, Anchor> anchors_;
  size_t count_ = 0;
};

absl::StatusOr<YamlDocument> ParseYaml(absl::string_view text, const std::string& name) {
  RETURN_IF_ERROR(CheckText(text, name));
  int line = 1;
  std::string message;
  try {
    std::istringstream stream(std::string{text});
    YAML::Parser parser(stream);
    YamlBuilder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.Take();
  } catch (const Unreadable& error) {
    line = error.line();
    message = error.what();
  } catch (const YAML::Exception& error) {
    line = LineOf(error.mark);
    message = absl::StrCat("not YAML: ", error.msg);
  } catch (const std::exception& error) {
    message = absl::StrCat("could not be read: ", error.what());
  }
  return absl::InvalidArgumentError(absl::StrCat(name, ":", line, ": ", message));
}

}  // namespace outrigger::xds
