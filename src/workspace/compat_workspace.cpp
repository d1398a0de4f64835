// SPDX-License-Identifier: MIT
#include "workspace/compat_workspace.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/json.h"
#include "glob/find_files.h"
#include "glob/glob_shape.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "os/thread_pool.h"
#include "workspace/compat_lock.h"
#include "workspace/compat_packages.h"
#include "workspace/yaml.h"

namespace stillage::workspace {
namespace {

using Texts = std::vector<std::string>;

constexpr std::uint64_t kLargestWorkspaceFile = 64U << 20;

struct NamedMarker {
  std::string_view manager;
  const char* file;
};
/// In the order in which each folder is searched.
constexpr std::array kNamedMarkers{
    NamedMarker{"lerna", "lerna.json"},      NamedMarker{"rush", "rush.json"},
    NamedMarker{"yarn", "yarn.lock"},        NamedMarker{"pnpm", "pnpm-workspace.yaml"},
    NamedMarker{"bun", "bun.lock"},          NamedMarker{"bun", "bun.lockb"},
    NamedMarker{"npm", "package-lock.json"},
};

/// PREFERRED_WORKSPACE_MANAGER; "" if it names no manager.
std::string_view preferred_manager() {
  const char* const word = std::getenv("PREFERRED_WORKSPACE_MANAGER");
  if (word == nullptr) return "";
  const auto found = std::find_if(kNamedMarkers.begin(), kNamedMarkers.end(),
                                  [&](const NamedMarker& marker) { return marker.manager == word; });
  return found == kNamedMarkers.end() ? "" : found->manager;
}

/// What `look` finds first from `start` upwards, the file system's root left out.
template <class Look>
auto search_up(const std::string& start, Look look) -> decltype(look(start)) {
  for (std::string_view dir = start; !dir.empty() && dir != "/"; dir = os::parent_path(dir))
    if (auto found = look(std::string(dir))) return found;
  return {};
}

struct Place {
  std::string dir;
  std::string_view manager;
};

std::optional<Place> find_manager(const std::string& root) {
  const std::string_view preferred = preferred_manager();
  return search_up(root, [&](const std::string& dir) -> std::optional<Place> {
    for (const NamedMarker& marker : kNamedMarkers)
      if ((preferred.empty() || preferred == marker.manager) && os::exists(os::join_path(dir, marker.file)))
        return Place{dir, marker.manager};
    return std::nullopt;
  });
}

/// Where packages lie: patterns of folders, or folders themselves. Nothing if the manager's files don't say.
struct PackagePlaces {
  Texts patterns;
  Texts folders;
};

std::optional<PackagePlaces> of_package_json(const std::string& root) {
  auto file = read_compat_package(os::join_path(root, "package.json"));
  if (!file || !file->workspaces) return std::nullopt;
  return PackagePlaces{std::move(*file->workspaces), {}};
}

std::optional<PackagePlaces> of_pnpm(const std::string& root) {
  const auto text = os::read_file(os::join_path(root, "pnpm-workspace.yaml"), kLargestWorkspaceFile);
  if (!text) return std::nullopt;
  const auto document = parse_yaml(*text, "pnpm-workspace.yaml");
  if (!document || document->roots.size() != 1) return std::nullopt;
  const DataNode* const packages = document->roots.front().get("packages");
  if (packages == nullptr || packages->kind != DataNode::Kind::list) return std::nullopt;
  PackagePlaces places;
  for (const DataNode& item : packages->items) {
    if (item.kind != DataNode::Kind::scalar) return std::nullopt;
    places.patterns.emplace_back(item.text);
  }
  return places;
}

std::optional<base::Json> read_relaxed_json(const std::string& path) {
  const auto text = os::read_file(path, kLargestWorkspaceFile);
  if (!text) return std::nullopt;
  auto json = base::parse_json(*text, path, base::JsonDialect::jsonc);
  if (!json || !json->is_object()) return std::nullopt;
  return std::move(*json);
}

std::optional<PackagePlaces> of_rush(const std::string& root) {
  const auto json = read_relaxed_json(os::join_path(root, "rush.json"));
  if (!json || !json->contains("projects") || !json->at("projects").is_array()) return std::nullopt;
  PackagePlaces places;
  for (const base::Json& project : json->at("projects")) {
    const auto folder = project.find("projectFolder");
    if (!project.is_object() || folder == project.end() || !folder->is_string()) return std::nullopt;
    places.folders.push_back(folder->get<std::string>());
  }
  return places;
}

std::optional<PackagePlaces> of_lerna(const std::string& root) {
  const auto json = read_relaxed_json(os::join_path(root, "lerna.json"));
  if (!json) return std::nullopt;
  if (const auto packages = json->find("packages"); packages != json->end() && !packages->is_null()) {
    if (!packages->is_array()) return std::nullopt;
    PackagePlaces places;
    for (const base::Json& pattern : *packages) {
      if (!pattern.is_string()) return std::nullopt;
      places.patterns.push_back(pattern.get<std::string>());
    }
    return places;
  }
  for (const char* const file : {"package-lock.json", "yarn.lock"})
    if (os::exists(os::join_path(root, file))) return of_package_json(root);
  return os::exists(os::join_path(root, "pnpm-workspace.yaml")) ? of_pnpm(root) : std::nullopt;
}

std::optional<PackagePlaces> places_of(const Place& place) {
  if (place.manager == "lerna") return of_lerna(place.dir);
  if (place.manager == "rush") return of_rush(place.dir);
  if (place.manager == "pnpm") return of_pnpm(place.dir);
  return of_package_json(place.dir);
}

/// fast-glob's own use of the patterns: '!' takes away from all of them, wherever it stands; those that start
/// from one folder are searched together, and come in the order of the first of them.
std::optional<Texts> find_package_files(const std::string& root, const Texts& patterns) {
  Texts excluded{"!**/node_modules/**", "!**/__fixtures__/**"};
  std::vector<std::pair<std::string, Texts>> groups;
  for (const std::string& pattern : patterns) {
    const std::string glob = base::replace_all(
        os::normalise_path(pattern.empty() ? "package.json" : pattern + "/package.json"), "\\", "/");
    if (glob.starts_with('!')) {
      excluded.push_back(glob);
      continue;
    }
    const std::string base = glob::base_folder(glob);
    auto group =
        std::find_if(groups.begin(), groups.end(), [&](const auto& one) { return one.first == base; });
    if (group == groups.end()) group = groups.insert(groups.end(), {base, {}});
    group->second.push_back(glob);
  }
  // A search from the root takes the others in.
  const auto from_root =
      std::find_if(groups.begin(), groups.end(), [](const auto& group) { return group.first == "."; });
  if (from_root != groups.end()) {
    Texts all;
    std::erase_if(groups, [&](auto& group) {
      if (group.first.starts_with("..")) return false;
      all.insert(all.end(), group.second.begin(), group.second.end());
      return true;
    });
    groups.emplace_back(".", std::move(all));
  }
  Texts found;
  for (auto& [base, globs] : groups) {
    globs.insert(globs.end(), excluded.begin(), excluded.end());
    auto files = glob::find_files(root, globs);
    if (!files) return std::nullopt;
    for (std::string& file : *files)
      if (std::find(found.begin(), found.end(), file) == found.end()) found.push_back(std::move(file));
  }
  return found;
}

std::vector<CompatPackage> read_packages(const std::string& root, const Texts& files) {
  std::vector<std::optional<CompatPackageFile>> read(files.size());
  const auto full_path = [&](std::size_t i) { return os::normalise_path(os::join_path(root, files[i])); };
  os::parallel_for(files.size(), 16, [&](std::size_t i) { read[i] = read_compat_package(full_path(i)); });
  std::vector<CompatPackage> packages;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!read[i]) continue;
    read[i]->package.dir = os::parent_path(full_path(i));
    packages.push_back(std::move(read[i]->package));
  }
  return packages;
}

std::vector<CompatPackage> list_packages(const Place& place) {
  const auto places = places_of(place);
  if (!places) return {};
  Texts files;
  for (const std::string& folder : places->folders) files.push_back(os::join_path(folder, "package.json"));
  if (!places->patterns.empty()) {
    auto found = find_package_files(place.dir, places->patterns);
    if (!found) return {};
    files = std::move(*found);
  }
  return read_packages(place.dir, files);
}

bool is_followed(const DependencyRange& dependency) {
  return !dependency.range.starts_with("npm:") && !dependency.range.starts_with("file:");
}

}  // namespace

std::vector<DependencyRange> CompatPackage::all_dependencies() const {
  std::vector<DependencyRange> all = dependencies;
  base::StringMap<std::size_t> places;
  for (std::size_t i = 0; i < all.size(); ++i) places.emplace(all[i].name, i);
  for (const DependencyRange& dependency : dev_dependencies) {
    const auto place = places.find(dependency.name);
    if (place == places.end())
      all.push_back(dependency);
    else
      all[place->second].range = dependency.range;
  }
  return all;
}

const CompatPackage* CompatWorkspace::find(std::string_view name) const {
  const auto place = by_name.find(name);
  return place == by_name.end() ? nullptr : &packages[place->second];
}

bool CompatWorkspace::is_internal(std::string_view name) const {
  return by_name.contains(name) || is_object_member(name);
}

std::vector<const CompatPackage*> CompatWorkspace::dependencies_of(const CompatPackage& package) const {
  std::vector<const CompatPackage*> found;
  for (const auto* const list : {&package.dependencies, &package.dev_dependencies})
    for (const DependencyRange& dependency : *list)
      if (const CompatPackage* const other = find(dependency.name);
          other != nullptr && other != &package && is_followed(dependency))
        found.push_back(other);
  return found;
}

std::optional<CompatPackage> nearest_package(const std::string& dir) {
  const auto package_file = search_up(dir, [](const std::string& one) -> std::optional<std::string> {
    std::string path = os::join_path(one, "package.json");
    return os::exists(path) ? std::optional(std::move(path)) : std::nullopt;
  });
  if (!package_file) return std::nullopt;
  std::vector<CompatPackage> read = read_packages("/", {*package_file});
  return read.empty() ? std::nullopt : std::optional(std::move(read.front()));
}

CompatWorkspace compat_discover(const std::string& root) {
  CompatWorkspace workspace;
  std::vector<CompatPackage> listed;
  if (const auto place = find_manager(root)) {
    workspace.manager_root = place->dir;
    listed = list_packages(*place);
  }
  if (listed.empty()) {
    workspace.is_fallback = true;
    if (auto package = nearest_package(root)) listed.push_back(std::move(*package));
  }
  for (CompatPackage& package : listed) {
    const auto [place, is_new] = workspace.by_name.try_emplace(package.name, workspace.packages.size());
    if (is_new)
      workspace.packages.push_back(std::move(package));
    else
      workspace.packages[place->second] = std::move(package);
  }
  return workspace;
}

}  // namespace stillage::workspace
