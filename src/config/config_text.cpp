// SPDX-License-Identifier: MIT
#include "config/config_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <memory>

#include "base/strings.h"
#include "workspace/yaml.h"

namespace stillage::config {
namespace {

using workspace::DataNode;

constexpr int kDeepestYaml = 200;

/// An integer as YAML writes it: decimal, 0x, 0o, 0b.
std::optional<base::Json> yaml_integer(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  int radix = 10;
  if (text.starts_with("0x")) radix = 16;
  if (text.starts_with("0o")) radix = 8;
  if (text.starts_with("0b")) radix = 2;
  if (radix != 10) text.remove_prefix(2);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, radix);
  if (text.empty() || text.front() == '-' || error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return is_negative ? -number : number;
}

/// What a scalar without quotes means (YAML 1.2 core schema).
base::Json yaml_scalar(std::string_view text) {
  for (const char* const word : {"", "~", "null", "Null", "NULL"})
    if (text == word) return nullptr;
  for (const char* const word : {"true", "True", "TRUE"})
    if (text == word) return true;
  for (const char* const word : {"false", "False", "FALSE"})
    if (text == word) return false;
  if (auto integer = yaml_integer(text)) return *integer;
  double number = 0;
  const std::string_view unsigned_text = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] =
      std::from_chars(unsigned_text.data(), unsigned_text.data() + unsigned_text.size(), number);
  const bool starts_well =
      !unsigned_text.empty() &&
      std::string_view("-.0123456789").find(unsigned_text.front()) != std::string_view::npos;
  if (starts_well && error == std::errc() && end == unsigned_text.data() + unsigned_text.size() &&
      std::isfinite(number))
    return number;
  return std::string(text);
}

/// Turns a document into JSON, noting where in the text its keys and items stand.
class YamlReader {
 public:
  explicit YamlReader(std::string_view text) : text_(text) {}

  Result<base::Json> read(const DataNode& node, Path& path) {
    if (path.size() > kDeepestYaml)
      return fail(ErrorKind::invalid, fmt::format("nested deeper than {} levels", kDeepestYaml));
    switch (node.kind) {
      case DataNode::Kind::nothing:
        return base::Json();
      case DataNode::Kind::scalar:
        return node.quoted ? base::Json(std::string(node.text)) : yaml_scalar(node.text);
      case DataNode::Kind::list:
        return read_list(node, path);
      case DataNode::Kind::map:
        break;
    }
    return read_map(node, path);
  }

  /// Offsets in the text.
  std::map<Path, std::size_t> take_places() { return std::move(places_); }
  std::vector<Path> take_repeated() { return std::move(repeated_); }

 private:
  Result<base::Json> read_map(const DataNode& node, Path& path) {
    base::Json object = base::Json::object();
    base::Json merged = base::Json::array();
    for (const auto& [key, value] : node.fields) {
      path.emplace_back(key);
      if (object.contains(key)) repeated_.push_back(path);
      note(path, key);
      STILLAGE_ASSIGN(auto member, read(value, path));
      path.pop_back();
      if (key != "<<")
        object[std::string(key)] = std::move(member);
      else if (member.is_array())
        merged = std::move(member);
      else
        merged.push_back(std::move(member));
    }
    // The merge key of YAML 1.1: what the map does not say itself.
    for (const base::Json& other : merged) {
      if (!other.is_object()) return fail(ErrorKind::invalid, "only maps can be merged with \"<<\"");
      for (const auto& [key, value] : other.items())
        if (!object.contains(key)) object[key] = value;
    }
    return object;
  }

  Result<base::Json> read_list(const DataNode& node, Path& path) {
    base::Json list = base::Json::array();
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      path.push_back(std::to_string(i));
      if (node.items[i].kind == DataNode::Kind::scalar) note(path, node.items[i].text);
      STILLAGE_ASSIGN(auto item, read(node.items[i], path));
      list.push_back(std::move(item));
      path.pop_back();
    }
    return list;
  }

  /// `part` tells its line only if it is a view into the text, and not into what was unescaped.
  void note(const Path& path, std::string_view part) {
    const std::less_equal<const char*> at_most;
    if (!at_most(text_.data(), part.data()) ||
        !at_most(part.data() + part.size(), text_.data() + text_.size()))
      return;
    places_[path] = static_cast<std::size_t>(part.data() - text_.data());
  }

  std::string_view text_;
  std::map<Path, std::size_t> places_;
  std::vector<Path> repeated_;
};

Result<Source> parse_yaml_config(const std::string& file, std::string_view text) {
  STILLAGE_ASSIGN(const auto document, workspace::parse_yaml(text, file));
  Source source;
  source.file = file;
  source.value = nullptr;
  if (document.roots.size() > 1)
    return fail(ErrorKind::invalid, file + ": more than one YAML document; only one is a configuration");
  if (document.roots.empty()) return source;
  YamlReader reader(text);
  Path path;
  auto value = reader.read(document.roots.front(), path);
  if (!value) return fail_in(file, value.error());
  source.value = std::move(*value);
  source.repeated = reader.take_repeated();
  source.line_of = [whole = std::string(text),
                    places = reader.take_places()](Path at) -> std::optional<std::size_t> {
    for (; !at.empty(); at.pop_back())
      if (const auto place = places.find(at); place != places.end())
        return 1 + static_cast<std::size_t>(std::count(
                       whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(place->second), '\n'));
    return std::nullopt;
  };
  return source;
}

}  // namespace

Result<Source> parse_config(const std::string& file, std::string_view text, TextFormat format) {
  Source source;
  source.file = file;
  source.value = nullptr;
  const std::string content = format == TextFormat::jsonc ? base::strip_jsonc(text) : std::string();
  if (base::trim(format == TextFormat::jsonc ? std::string_view(content) : text).empty()) return source;
  const auto dialect = format == TextFormat::jsonc ? base::JsonDialect::jsonc : base::JsonDialect::strict;
  auto value = base::parse_json(text, file, dialect);
  if (!value && format == TextFormat::yaml) return parse_yaml_config(file, text);
  if (!value) return tl::make_unexpected(std::move(value).error());
  source.value = std::move(*value);
  JsonLines lines(text);
  source.repeated = lines.repeated();
  source.line_of = [lines = std::move(lines)](const Path& path) { return std::optional(lines.find(path)); };
  return source;
}

Result<Source> parse_config_member(const std::string& file, std::string_view text, const std::string& key) {
  STILLAGE_ASSIGN(Source source, parse_config(file, text, TextFormat::jsonc));
  const auto member = source.value.is_object() ? source.value.find(key) : source.value.end();
  if (!source.value.is_object() || member == source.value.end()) {
    source.value = nullptr;
    source.repeated.clear();
    return source;
  }
  // What stands beside the member is not ours to judge.
  std::erase_if(source.repeated, [&](const Path& path) { return path.front() != key; });
  for (Path& path : source.repeated) path.erase(path.begin());
  base::Json value = std::move(*member);
  source.value = std::move(value);
  source.line_of = [key, whole = std::move(source.line_of)](const Path& path) {
    Path from_top = {key};
    from_top.insert(from_top.end(), path.begin(), path.end());
    return whole(from_top);
  };
  return source;
}

}  // namespace stillage::config
