// SPDX-License-Identifier: MIT
#include "workspace/package_list.h"

#include <fmt/format.h>

#include "base/json.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "workspace/yaml.h"

namespace stillage::workspace {
namespace {

constexpr std::uint64_t kLargestFile = 64U << 20;

Result<base::Json> read_jsonc(const std::string& root, const std::string& name) {
  STILLAGE_ASSIGN(const std::string text, os::read_file(os::join_path(root, name), kLargestFile));
  STILLAGE_ASSIGN(base::Json json, base::parse_json(text, name, base::JsonDialect::jsonc));
  if (!json.is_object()) return fail(ErrorKind::invalid, fmt::format("{}: is not a JSON object", name));
  return json;
}

std::string text_field(const base::Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::vector<std::string> workspaces_of(const PackageFile* root_file) {
  return root_file != nullptr ? root_file->workspaces.value_or(std::vector<std::string>())
                              : std::vector<std::string>();
}

Status read_pnpm(const std::string& root, PackageList& list) {
  const std::string name = "pnpm-workspace.yaml";
  STILLAGE_ASSIGN(const auto text, os::read_file_if_any(os::join_path(root, name), kLargestFile));
  if (!text) return {};
  STILLAGE_ASSIGN(const DataDocument document, parse_yaml(*text, name));
  if (document.roots.empty()) return {};
  const DataNode& settings = document.roots.front();
  if (const DataNode* const packages = settings.get("packages")) {
    for (const DataNode& item : packages->items)
      if (item.kind == DataNode::Kind::scalar) list.patterns.emplace_back(item.text);
  }
  if (const DataNode* const overrides = settings.get("overrides")) {
    for (const auto& [key, value] : overrides->fields) {
      list.overrides.push_back({std::string(key), std::string(value.text)});
      list.overrides_text += fmt::format("overrides.{}={}\n", key, value.text);
    }
  }
  for (const char* const catalogs : {"catalog", "catalogs"}) {
    const DataNode* const found = settings.get(catalogs);
    if (found == nullptr) continue;
    for (const auto& [key, value] : found->fields) {
      list.overrides_text += fmt::format("{}.{}={}\n", catalogs, key, value.text);
      for (const auto& [inner, range] : value.fields)
        list.overrides_text += fmt::format("{}.{}.{}={}\n", catalogs, key, inner, range.text);
    }
  }
  if (const DataNode* const patches = settings.get("patchedDependencies"))
    for (const auto& [key, value] : patches->fields) list.patched_dependencies.emplace_back(key, value.text);
  return {};
}

Status read_rush(const std::string& root, PackageList& list) {
  STILLAGE_ASSIGN(const base::Json rush, read_jsonc(root, "rush.json"));
  list.listed_in = "rush.json";
  const auto projects = rush.find("projects");
  if (projects != rush.end() && projects->is_array()) {
    for (const auto& project : *projects) {
      const std::string folder = project.is_object() ? text_field(project, "projectFolder") : "";
      if (folder.empty()) return fail(ErrorKind::invalid, "rush.json: a project has no projectFolder");
      const std::string dir = os::normalise_path(folder);
      if (dir.starts_with('/') || dir == ".." || dir.starts_with("../"))
        return fail(
            ErrorKind::invalid,
            fmt::format("rush.json: projectFolder \"{}\" lies outside of the root", base::printable(folder)));
      list.dirs.push_back(dir);
    }
  }
  for (const char* const client : {"pnpm", "yarn", "npm"}) {
    const std::string version = text_field(rush, (std::string(client) + "Version").c_str());
    if (version.empty()) continue;
    list.client = client;
    list.manager_version = version;
    break;
  }
  return {};
}

/// lerna.json may list packages itself; else it is one of the clients' workspaces.
Status read_lerna(const std::string& root, const PackageFile* root_file, PackageList& list) {
  STILLAGE_ASSIGN(const base::Json lerna, read_jsonc(root, "lerna.json"));
  list.client = text_field(lerna, "npmClient");
  if (list.client != "npm" && list.client != "yarn" && list.client != "pnpm") list.client.clear();
  for (const auto& [file, client] : {std::pair{"package-lock.json", "npm"}, std::pair{"yarn.lock", "yarn"},
                                     std::pair{"pnpm-workspace.yaml", "pnpm"}})
    if (list.client.empty() && os::exists(os::join_path(root, file))) list.client = client;
  if (list.client == "pnpm") STILLAGE_TRY(read_pnpm(root, list));
  const auto packages = lerna.find("packages");
  if (packages != lerna.end() && packages->is_array()) {
    list.patterns.clear();
    for (const auto& pattern : *packages)
      if (pattern.is_string()) list.patterns.push_back(pattern.get<std::string>());
    return {};
  }
  if (list.patterns.empty()) list.patterns = workspaces_of(root_file);
  if (list.patterns.empty()) list.patterns = {"packages/*"};
  return {};
}

}  // namespace

Result<PackageList> read_package_list(const Root& root, const PackageFile* root_file) {
  PackageList list;
  switch (root.manager) {
    case PackageManager::pnpm:
      STILLAGE_TRY(read_pnpm(root.dir, list));
      list.client = "pnpm";
      break;
    case PackageManager::rush:
      STILLAGE_TRY(read_rush(root.dir, list));
      break;
    case PackageManager::lerna:
      STILLAGE_TRY(read_lerna(root.dir, root_file, list));
      break;
    default:
      list.patterns = workspaces_of(root_file);
      if (root.manager == PackageManager::yarn || root.manager == PackageManager::berry) list.client = "yarn";
      if (root.manager == PackageManager::npm || root.manager == PackageManager::bun) list.client = "npm";
      break;
  }
  return list;
}

}  // namespace stillage::workspace
