// SPDX-License-Identifier: MIT
#include "workspace/compat_formats.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "workspace/pnpm_key.h"
#include "workspace/yaml.h"
#include "workspace/yarn_text.h"

namespace stillage::workspace {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

/// A number as JavaScript prints it.
std::string number_text(double value) {
  if (std::isfinite(value) && std::abs(value) < 1e21 && std::floor(value) == value)
    return fmt::format("{:.0f}", value == 0 ? 0 : value);
  return fmt::format("{}", value);
}

/// The number that a plain YAML scalar is, if it is one: digits with at most one point and an exponent.
std::optional<double> plain_number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.+-eE") != std::string_view::npos)
    return std::nullopt;
  if (text.find_first_of("0123456789") == std::string_view::npos) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A value as JavaScript makes text of it.
std::string js_text(const DataNode* node) {
  if (node == nullptr) return "undefined";
  switch (node->kind) {
    case DataNode::Kind::nothing:
      return "null";
    case DataNode::Kind::scalar: {
      if (node->quoted) return std::string(node->text);
      const auto number = plain_number(node->text);
      return number ? number_text(*number) : std::string(node->text);
    }
    case DataNode::Kind::map:
      return "[object Object]";
    case DataNode::Kind::list:
      break;
  }
  std::string text;
  for (const auto& item : node->items) text += (text.empty() ? "" : ",") + js_text(&item);
  return text;
}

std::string js_text(const element& value) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  double number = 0;
  if (value.get_double().get(number) == simdjson::SUCCESS) return number_text(number);
  if (value.is_object()) return "[object Object]";
  return simdjson::minify(value);
}

/// Adds a map of names and ranges; those that the list has already keep their place and take the new range.
void put_all(const DataNode& entry, std::string_view field, bool strip_suffix,
             std::vector<DependencyRange>& list) {
  const DataNode* const wanted = entry.get(field);
  if (wanted == nullptr) return;
  base::StringMap<std::size_t> places;
  for (std::size_t i = 0; i < list.size(); ++i) places.emplace(list[i].name, i);
  for (const auto& [name, value] : wanted->fields) {
    const std::string written = js_text(&value);
    std::string range(strip_suffix ? without_suffix(written) : std::string_view(written));
    const auto [place, is_new] = places.try_emplace(std::string(name), list.size());
    if (is_new)
      list.push_back({std::string(name), std::move(range)});
    else
      list[place->second].range = std::move(range);
  }
}

/// Before version 6: the key's second and third part, or of four and more "second/third" and the fourth.
void add_old_pnpm(std::string_view key, const DataNode& entry, CompatEntries& entries) {
  const auto parts = base::split(key, '/');
  const auto part = [&](std::size_t i) {
    return i < parts.size() ? parts[i] : std::string_view("undefined");
  };
  CompatEntry made;
  const std::string name = parts.size() > 3 ? fmt::format("{}/{}", part(1), part(2)) : std::string(part(1));
  made.version = part(parts.size() > 3 ? 3 : 2);
  put_all(entry, "dependencies", false, made.dependencies);
  std::string place = fmt::format("{}@{}", name, made.version);
  entries.insert_or_assign(std::move(place), std::move(made));
}

void add_new_pnpm(std::string_view key, const DataNode& entry, CompatEntries& entries) {
  CompatEntry made;
  std::string_view bare = key;
  if (bare.starts_with('/')) bare.remove_prefix(1);
  bare = without_suffix(bare);
  std::string name;
  if (const std::size_t at = bare.find('@', 1); !bare.empty() && at != std::string_view::npos) {
    name = bare.substr(0, at);
    made.version = bare.substr(at + 1);
  } else {
    const std::string_view own_name = entry.text_of("name");
    name = own_name.empty() ? bare : own_name;
    made.version = bare;
  }
  put_all(entry, "dependencies", true, made.dependencies);
  put_all(entry, "optionalDependencies", true, made.dependencies);
  std::string place = fmt::format("{}@{}", name, made.version);
  entries.insert_or_assign(std::move(place), std::move(made));
}

/// The two sides of a text with conflict markers.
std::pair<std::string, std::string> sides_of_conflict(std::string_view text) {
  enum class Side { both, ours, ancestor, theirs } side = Side::both;
  std::string ours;
  std::string theirs;
  for (std::string_view line : base::split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (side == Side::both && line.starts_with("<<<<<<<")) {
      side = Side::ours;
    } else if ((side == Side::ours || side == Side::ancestor) && line == "=======") {
      side = Side::theirs;
    } else if (side == Side::ours && line.starts_with("|||||||")) {
      side = Side::ancestor;
    } else if (side == Side::theirs && line.starts_with(">>>>>>>")) {
      side = Side::both;
    } else {
      if (side == Side::both || side == Side::ours) ours.append(line).append("\n");
      if (side == Side::both || side == Side::theirs) theirs.append(line).append("\n");
    }
  }
  return {std::move(ours), std::move(theirs)};
}

Status read_yarn_side(std::string_view text, const std::string& origin, CompatEntries& entries) {
  STILLAGE_ASSIGN(const YarnText parsed, parse_yarn_text(text, origin));
  for (const auto& entry : parsed.entries) {
    CompatEntry made;
    made.version = js_text(entry.value.get("version"));
    put_all(entry.value, "dependencies", false, made.dependencies);
    for (const std::string_view pattern : entry.patterns)
      entries.insert_or_assign(std::string(pattern), made);
  }
  return {};
}

}  // namespace

Status read_compat_npm(std::string_view text, const std::string& origin, CompatEntries& entries) {
  simdjson::dom::parser parser;
  element document;
  object fields;
  if (const auto code = parser.parse(text.data(), text.size()).get(document))
    return fail(ErrorKind::invalid,
                fmt::format("{}: not valid JSON ({})", origin, simdjson::error_message(code)));
  double version = 0;
  if (document.get_object().get(fields) != simdjson::SUCCESS ||
      fields["lockfileVersion"].get_double().get(version) != simdjson::SUCCESS || version < 2)
    return fail(ErrorKind::unsupported,
                fmt::format("{}: its lockfileVersion is not supported: install with npm 7 or later", origin));
  object packages;
  if (fields["dependencies"].get_object().get(packages) != simdjson::SUCCESS) return {};
  for (const auto& [name, value] : packages) {
    object entry;
    if (value.get_object().get(entry) != simdjson::SUCCESS) continue;
    CompatEntry made;
    element found;
    made.version = entry["version"].get(found) == simdjson::SUCCESS ? js_text(found) : "undefined";
    object wanted;
    if (entry["dependencies"].get_object().get(wanted) == simdjson::SUCCESS)
      for (const auto& [inner, range] : wanted)
        made.dependencies.push_back({std::string(inner), js_text(range)});
    std::string place = fmt::format("{}@{}", name, made.version);
    entries.insert_or_assign(std::move(place), std::move(made));
  }
  return {};
}

Status read_compat_pnpm(std::string_view text, const std::string& origin, CompatEntries& entries) {
  STILLAGE_ASSIGN(const DataDocument document, parse_yaml(text, origin));
  if (document.roots.empty()) return {};
  const DataNode& root = document.roots.back();
  const std::string_view written = root.text_of("lockfileVersion");
  double version = 0;
  std::from_chars(written.data(), written.data() + written.size(), version);
  if (version > 9)
    return fail(ErrorKind::unsupported,
                fmt::format("{}: lockfileVersion \"{}\" is later than 9.0, the last one that lage reads",
                            origin, base::printable(written)));
  const DataNode* packages = root.get("packages");
  if (const DataNode* const snapshots = root.get("snapshots"); version >= 6 && snapshots != nullptr)
    packages = snapshots;
  if (packages == nullptr) return {};
  for (const auto& [key, entry] : packages->fields) {
    if (entry.kind != DataNode::Kind::map)
      return fail(ErrorKind::invalid, fmt::format("{}: the entry {} is empty", origin, base::printable(key)));
    if (version >= 6)
      add_new_pnpm(key, entry, entries);
    else
      add_old_pnpm(key, entry, entries);
  }
  return {};
}

Status read_compat_yarn(std::string_view text, const std::string& origin, CompatEntries& entries) {
  const bool conflict = text.find("<<<<<<<") != std::string_view::npos &&
                        text.find("=======") != std::string_view::npos &&
                        text.find(">>>>>>>") != std::string_view::npos;
  if (!conflict) return read_yarn_side(text, origin, entries);
  const auto [ours, theirs] = sides_of_conflict(text);
  CompatEntries merged;
  // Sides that are no lock files leave lage with nothing, but without an error.
  if (read_yarn_side(ours, origin, merged) && read_yarn_side(theirs, origin, merged))
    entries = std::move(merged);
  return {};
}

Status read_compat_berry(std::string_view text, const std::string& origin, CompatEntries& entries) {
  STILLAGE_ASSIGN(const DataDocument document, parse_yaml(text, origin));
  if (document.roots.empty()) return {};
  for (const auto& [key, entry] : document.roots.front().fields) {
    if (key == "__metadata") continue;
    CompatEntry made;
    made.version = js_text(entry.get("version"));
    put_all(entry, "dependencies", false, made.dependencies);
    std::string_view rest = key;
    while (true) {
      const std::size_t comma = rest.find(", ");
      std::string descriptor(rest.substr(0, comma));
      if (const std::size_t protocol = descriptor.find("npm:"); protocol != std::string::npos)
        descriptor.erase(protocol, 4);
      entries.insert_or_assign(std::move(descriptor), made);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 2);
    }
  }
  return {};
}

}  // namespace stillage::workspace
