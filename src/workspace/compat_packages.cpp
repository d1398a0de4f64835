// SPDX-License-Identifier: MIT
#include "workspace/compat_packages.h"

#include <simdjson.h>

#include "base/utf16.h"
#include "os/file.h"
#include "workspace/json_field.h"

namespace stillage::workspace {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

constexpr std::uint64_t kLargestManifest = 64U << 20;

/// As JavaScript joins a value to a text.
std::string js_text_of(const element& value) {
  switch (value.type()) {
    case element_type::STRING:
      return std::string(std::string_view(value));
    case element_type::OBJECT:
      return "[object Object]";
    default:
      return simdjson::minify(value);
  }
}

std::vector<DependencyRange> joined_ranges(const std::optional<element>& value) {
  std::vector<DependencyRange> found;
  object fields;
  if (!value || value->get_object().get(fields) != simdjson::SUCCESS) return found;
  base::StringMap<std::size_t> places;
  for (const auto& [key, range] : fields) {
    const auto [place, is_new] = places.try_emplace(std::string(key), found.size());
    if (is_new)
      found.push_back({std::string(key), js_text_of(range)});
    else
      found[place->second].range = js_text_of(range);
  }
  return found;
}

std::optional<std::vector<std::string>> only_texts(const element& value) {
  simdjson::dom::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS) return std::nullopt;
  std::vector<std::string> found;
  for (const element item : items) {
    if (!item.is_string()) return std::nullopt;
    found.emplace_back(std::string_view(item));
  }
  return found;
}

std::optional<std::vector<std::string>> workspaces_of(const object& fields) {
  const auto workspaces = field(fields, "workspaces");
  if (!workspaces) return std::nullopt;
  object nested;
  if (workspaces->get_object().get(nested) != simdjson::SUCCESS) return only_texts(*workspaces);
  const auto packages = field(nested, "packages");
  return packages ? only_texts(*packages) : std::nullopt;
}

}  // namespace

std::optional<CompatPackageFile> parse_compat_package(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) return std::nullopt;  // JSON.parse takes no byte order mark
  const std::string mended = base::is_utf8(text) ? std::string() : base::to_well_formed(text);
  if (!mended.empty()) text = mended;
  thread_local simdjson::dom::parser parser;
  element document;
  if (parser.parse(text.data(), text.size()).get(document) != simdjson::SUCCESS) return std::nullopt;
  CompatPackageFile file;
  file.package.name = "undefined";
  file.package.has_name = false;
  object fields;
  if (document.get_object().get(fields) != simdjson::SUCCESS) return file;
  if (const auto name = field(fields, "name")) {
    file.package.name = js_text_of(*name);
    file.package.has_name = true;
  }
  file.package.dependencies = joined_ranges(field(fields, "dependencies"));
  file.package.dev_dependencies = joined_ranges(field(fields, "devDependencies"));
  file.workspaces = workspaces_of(fields);
  return file;
}

std::optional<CompatPackageFile> read_compat_package(const std::string& path) {
  const auto text = os::read_file(path, kLargestManifest);
  return text ? parse_compat_package(*text) : std::nullopt;
}

}  // namespace stillage::workspace
