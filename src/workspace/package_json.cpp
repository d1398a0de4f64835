// SPDX-License-Identifier: MIT
#include "workspace/package_json.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <unordered_map>

#include "base/json.h"
#include "os/file.h"
#include "os/path.h"
#include "os/text_memory.h"
#include "workspace/json_field.h"

namespace stillage::workspace {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::uint64_t kLargestPackageJson = 64U << 20;
constexpr int kDeepestConfig = 16;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::optional<std::string_view> text_of(const std::optional<element>& value) {
  std::string_view text;
  if (!value || value->get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

std::optional<object> object_of(const std::optional<element>& value) {
  object found;
  if (!value || value->get_object().get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

/// The textual fields of an object; of a repeated key the last value, in the first one's place, as in
/// JavaScript.
TextPairs text_pairs(const std::optional<element>& value) {
  TextPairs pairs;
  std::unordered_map<std::string_view, std::size_t> places;
  if (const auto fields = object_of(value)) {
    for (const auto& [key, entry] : *fields) {
      const auto text = text_of(entry);
      if (!text) continue;
      const auto [place, is_new] = places.try_emplace(key, pairs.size());
      if (is_new)
        pairs.emplace_back(key, *text);
      else
        pairs[place->second].second = *text;
    }
  }
  return pairs;
}

std::vector<DependencyRange> ranges(const std::optional<element>& value) {
  std::vector<DependencyRange> found;
  for (auto& [name, range] : text_pairs(value)) found.push_back({std::move(name), std::move(range)});
  return found;
}

std::vector<std::string> texts(const element& value) {
  std::vector<std::string> found;
  simdjson::dom::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS) return found;
  for (const element item : items)
    if (const auto text = text_of(item)) found.emplace_back(*text);
  return found;
}

/// Nested fields as npm hands them to scripts: names joined with "_", null and false as "".
void flatten(const element& value, const std::string& name, int depth, TextPairs& to) {
  if (depth > kDeepestConfig) return;
  const std::string prefix = name.empty() ? "" : name + "_";
  switch (value.type()) {
    case simdjson::dom::element_type::OBJECT:
      for (const auto& [key, inner] : object(value)) flatten(inner, prefix + std::string(key), depth + 1, to);
      break;
    case simdjson::dom::element_type::ARRAY: {
      std::size_t index = 0;
      for (const element inner : simdjson::dom::array(value))
        flatten(inner, prefix + std::to_string(index++), depth + 1, to);
      break;
    }
    case simdjson::dom::element_type::STRING:
      to.emplace_back(name, std::string_view(value));
      break;
    case simdjson::dom::element_type::NULL_VALUE:
      to.emplace_back(name, "");
      break;
    case simdjson::dom::element_type::BOOL:
      to.emplace_back(name, bool(value) ? "true" : "");
      break;
    default:
      to.emplace_back(name, simdjson::minify(value));
      break;
  }
}

TextPairs flattened(const std::optional<element>& value) {
  TextPairs pairs;
  if (object_of(value)) flatten(*value, "", 0, pairs);
  return pairs;
}

/// Every textual value beneath, with the nearest key: `overrides` may nest.
void collect_ranges(const element& value, std::string_view name, int depth,
                    std::vector<DependencyRange>& to) {
  if (const auto text = text_of(value)) to.push_back({std::string(name), std::string(*text)});
  if (depth > kDeepestConfig) return;
  if (const auto fields = object_of(value))
    for (const auto& [key, inner] : *fields) collect_ranges(inner, key, depth + 1, to);
}

void read_overrides(const object& fields, PackageFile& file) {
  const auto pnpm = object_of(field(fields, "pnpm"));
  const auto add = [&](std::string_view name, const std::optional<element>& value) {
    if (!object_of(value)) return;
    file.overrides_text += fmt::format("{}={}\n", name, std::string(simdjson::minify(*value)));
    collect_ranges(*value, "", 0, file.overrides);
  };
  add("resolutions", field(fields, "resolutions"));
  add("overrides", field(fields, "overrides"));
  add("packageExtensions", field(fields, "packageExtensions"));
  if (pnpm) {
    add("pnpm.overrides", field(*pnpm, "overrides"));
    add("pnpm.packageExtensions", field(*pnpm, "packageExtensions"));
    file.patched_dependencies = text_pairs(field(*pnpm, "patchedDependencies"));
  }
  for (auto& [name, path] : text_pairs(field(fields, "patchedDependencies")))
    file.patched_dependencies.emplace_back(std::move(name), std::move(path));
}

void read_bin(const object& fields, Package& package) {
  const auto bin = field(fields, "bin");
  if (const auto path = text_of(bin))
    package.bin.emplace_back(os::file_name(package.name), *path);
  else
    package.bin = text_pairs(bin);
}

void read_fields(const object& fields, PackageFile& file) {
  Package& package = file.package;
  package.name = text_of(field(fields, "name")).value_or("");
  package.version = text_of(field(fields, "version")).value_or("");
  package.scripts = text_pairs(field(fields, "scripts"));
  package.dependencies = ranges(field(fields, "dependencies"));
  package.dev_dependencies = ranges(field(fields, "devDependencies"));
  package.peer_dependencies = ranges(field(fields, "peerDependencies"));
  package.optional_dependencies = ranges(field(fields, "optionalDependencies"));
  package.config = flattened(field(fields, "config"));
  package.engines = flattened(field(fields, "engines"));
  read_bin(fields, package);
  for (const char* const name : {"stillage", "lage"}) {
    const auto config = field(fields, name);
    if (!config) continue;
    package.config_text = simdjson::minify(*config);
    break;
  }
  file.package_manager = text_of(field(fields, "packageManager")).value_or("");
  if (const auto workspaces = field(fields, "workspaces")) {
    if (const auto nested = object_of(workspaces)) {
      const auto packages = field(*nested, "packages");
      file.workspaces = packages ? texts(*packages) : std::vector<std::string>();
    } else if (workspaces->is_array()) {
      file.workspaces = texts(*workspaces);
    }
  }
  read_overrides(fields, file);
}

/// Our own parser says where the fault is; simdjson only that there is one.
tl::unexpected<Error> not_json(std::string_view text, const std::string& origin, simdjson::error_code code) {
  auto parsed = base::parse_json(text, origin);
  if (!parsed) return tl::make_unexpected(std::move(parsed).error());
  return fail(ErrorKind::invalid,
              fmt::format("{}: {}", origin, base::to_lower(simdjson::error_message(code))));
}

}  // namespace

Result<PackageFile> parse_package_json(std::string_view text, const std::string& origin) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  thread_local simdjson::dom::parser parser;
  element document;
  if (const auto code = parser.parse(text.data(), text.size()).get(document))
    return not_json(text, origin, code);
  const auto fields = object_of(document);
  if (!fields) return fail(ErrorKind::invalid, fmt::format("{}: is not a JSON object", origin));
  PackageFile file;
  read_fields(*fields, file);
  return file;
}

Result<std::optional<PackageFile>> read_package_json(const std::string& path, const std::string& origin,
                                                     os::TextMemory* texts) {
  os::TextMemory none;
  STILLAGE_ASSIGN(
      const auto text,
      (texts != nullptr ? *texts : none).read(AT_FDCWD, path, os::Links::follow, kLargestPackageJson));
  if (!text) return std::optional<PackageFile>();
  STILLAGE_ASSIGN(PackageFile file, parse_package_json(*text, origin));
  return std::optional<PackageFile>(std::move(file));
}

}  // namespace stillage::workspace
