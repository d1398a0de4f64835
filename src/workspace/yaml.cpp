// SPDX-License-Identifier: MIT
#include "workspace/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>
#include <unordered_map>

namespace stillage::workspace {
namespace {

constexpr std::size_t kLargestSlowText = 16U << 20;
constexpr std::size_t kMostDocuments = 16;
constexpr std::size_t kDeepestYaml = 64;

/// What ends a parse that grows beyond all bounds, or whose keys are more than texts.
struct NotOurs : std::exception {};

/// Builds our tree from yaml-cpp's events. An alias is a copy of what its anchor named, so copies are
/// counted.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(DataDocument& document, std::size_t most_nodes) : document_(document), left_(most_nodes) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {
    // yaml-cpp can find endless documents in a text that it doesn't understand.
    if (document_.roots.size() >= kMostDocuments) throw NotOurs();
    document_.roots.emplace_back();
    anchors_.clear();
    open_.clear();
    has_key_ = false;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t anchor) override {
    if (expects_key()) return take_key("");
    remember(anchor, place());
  }

  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end() || expects_key()) throw NotOurs();
    spend(known->second.size);
    place() = known->second.node;
  }

  void OnScalar(const YAML::Mark& /*mark*/, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const std::string_view text = document_.owned.emplace_back(value);
    if (expects_key()) return take_key(text);
    DataNode& node = place();
    node.kind = DataNode::Kind::scalar;
    node.quoted = tag == "!";
    node.text = text;
    remember(anchor, node);
  }

  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(DataNode::Kind::list, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(DataNode::Kind::map, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    DataNode node;
    std::string_view key;  ///< under which the node will lie in the map around it
    YAML::anchor_t anchor;
    std::size_t left_before;
  };
  struct Anchored {
    DataNode node;
    std::size_t size;
  };

  bool expects_key() const {
    return !open_.empty() && open_.back().node.kind == DataNode::Kind::map && !has_key_;
  }

  void take_key(std::string_view key) {
    key_ = key;
    has_key_ = true;
  }

  void spend(std::size_t nodes) {
    if (nodes >= left_) throw NotOurs();
    left_ -= nodes;
  }

  /// The new node that the next value becomes.
  DataNode& place() {
    spend(1);
    if (open_.empty()) return document_.roots.back();
    DataNode& around = open_.back().node;
    if (around.kind == DataNode::Kind::list) return around.items.emplace_back();
    has_key_ = false;
    return around.fields.emplace_back(DataField{key_, {}}).value;
  }

  void remember(YAML::anchor_t anchor, const DataNode& node) {
    if (anchor != YAML::NullAnchor) anchors_.insert_or_assign(anchor, Anchored{node, 1});
  }

  void open(DataNode::Kind kind, YAML::anchor_t anchor) {
    if (expects_key() || open_.size() >= kDeepestYaml) throw NotOurs();
    Open next{{}, key_, anchor, left_};
    next.node.kind = kind;
    open_.push_back(std::move(next));
    has_key_ = false;
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    key_ = done.key;
    has_key_ = true;
    if (done.anchor != YAML::NullAnchor) {
      const std::size_t size = done.left_before - left_ + 1;
      spend(size);
      anchors_.insert_or_assign(done.anchor, Anchored{done.node, size});
    }
    place() = std::move(done.node);
    has_key_ = false;
  }

  DataDocument& document_;
  std::size_t left_;
  std::vector<Open> open_;
  std::string_view key_;
  bool has_key_ = false;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
};

}  // namespace

Result<DataDocument> parse_yaml_slowly(std::string_view text, const std::string& origin) {
  if (text.size() > kLargestSlowText)
    return fail(ErrorKind::invalid, fmt::format("{}: too large for a file with unusual YAML", origin));
  try {
    DataDocument document;
    TreeBuilder builder(document, 2 * text.size() + 1000);
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) continue;
    return document;
  } catch (const YAML::Exception& error) {
    return fail(ErrorKind::invalid, fmt::format("{}:{}: not valid YAML", origin, error.mark.line + 1));
  } catch (const NotOurs&) {
    return fail(ErrorKind::invalid, fmt::format("{}: nested too deeply, or not a tree of texts", origin));
  } catch (const std::exception&) {
    return fail(ErrorKind::invalid, fmt::format("{}: not valid YAML", origin));
  }
}

Result<DataDocument> parse_yaml(std::string_view text, const std::string& origin) {
  auto scanned = scan_yaml(text, origin);
  if (scanned) return scanned;
  return parse_yaml_slowly(text, origin);
}

}  // namespace stillage::workspace
