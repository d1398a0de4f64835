// SPDX-License-Identifier: MIT
#include "workspace/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace stillage::workspace {
namespace {

constexpr std::size_t kLargestSlowText = 16U << 20;
constexpr int kDeepest = 64;

/// Makes a tree of ours from one of yaml-cpp's. An alias is shared there and copied here, so the copies are
/// counted.
class Conversion {
 public:
  Conversion(DataDocument& document, std::size_t most_nodes) : document_(document), left_(most_nodes) {}

  bool convert(const YAML::Node& from, DataNode& to, int depth) {
    if (depth > kDeepest || left_-- == 0) return false;
    switch (from.Type()) {
      case YAML::NodeType::Scalar:
        to.kind = DataNode::Kind::scalar;
        to.quoted = from.Tag() == "!";
        to.text = own(from.Scalar());
        return true;
      case YAML::NodeType::Sequence:
        to.kind = DataNode::Kind::list;
        for (const auto& item : from)
          if (!convert(item, to.items.emplace_back(), depth + 1)) return false;
        return true;
      case YAML::NodeType::Map:
        to.kind = DataNode::Kind::map;
        for (const auto& field : from) {
          if (!field.first.IsScalar() && !field.first.IsNull()) return false;
          to.fields.push_back({own(field.first.IsNull() ? std::string() : field.first.Scalar()), {}});
          if (!convert(field.second, to.fields.back().value, depth + 1)) return false;
        }
        return true;
      default:
        to.kind = DataNode::Kind::nothing;
        return true;
    }
  }

 private:
  std::string_view own(const std::string& text) { return document_.owned.emplace_back(text); }

  DataDocument& document_;
  std::size_t left_;
};

}  // namespace

Result<DataDocument> parse_yaml_slowly(std::string_view text, const std::string& origin) {
  if (text.size() > kLargestSlowText)
    return fail(ErrorKind::invalid, fmt::format("{}: too large for a file with unusual YAML", origin));
  try {
    DataDocument document;
    Conversion conversion(document, text.size() + 1000);
    for (const YAML::Node& root : YAML::LoadAll(std::string(text)))
      if (!conversion.convert(root, document.roots.emplace_back(), 0))
        return fail(ErrorKind::invalid, fmt::format("{}: nested too deeply, or not a tree of texts", origin));
    return document;
  } catch (const YAML::Exception& error) {
    return fail(ErrorKind::invalid, fmt::format("{}:{}: not valid YAML", origin, error.mark.line + 1));
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
