// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/stages.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "os/thread_pool.h"
#include "workspace/local_dependencies.h"
#include "workspace/package_dirs.h"
#include "workspace/package_json.h"
#include "workspace/package_list.h"
#include "workspace/root.h"

namespace stillage::workspace {
namespace {

constinit base::Stage kPackagesStage("packages");
std::string file_in(const std::string& dir) {
  return os::join_path(dir, "package.json");
}

/// Reads all package.json files; folders without one give nothing. The first error in the order of `dirs`
/// counts.
Result<std::vector<std::optional<PackageFile>>> read_all(const std::string& root,
                                                         const std::vector<std::string>& dirs,
                                                         os::TextMemory* texts) {
  std::vector<Result<std::optional<PackageFile>>> results(dirs.size());
  os::parallel_for(dirs.size(), 16, [&](std::size_t i) {
    results[i] = read_package_json(os::join_path(root, file_in(dirs[i])), file_in(dirs[i]), texts);
  });
  std::vector<std::optional<PackageFile>> files;
  files.reserve(dirs.size());
  for (auto& result : results) {
    if (!result) return tl::make_unexpected(std::move(result).error());
    files.push_back(std::move(*result));
  }
  return files;
}

/// A file that only tells Node how to load the folder ({"type":"module"}), as builds write them: no package.
bool is_marker(const Package& package) {
  return package.name.empty() && package.scripts.empty() && package.dependencies.empty() &&
         package.dev_dependencies.empty() && package.peer_dependencies.empty() &&
         package.optional_dependencies.empty();
}

Status check_names(const Workspace& workspace) {
  base::StringMap<const Package*> by_name;
  for (const auto& package : workspace.packages) {
    if (package.name.empty())
      return fail(
          ErrorKind::invalid,
          fmt::format("{}: a workspace package has no name: add \"name\", or leave the folder out of the "
                      "workspace patterns",
                      file_in(package.dir)));
    const auto [first, is_new] = by_name.try_emplace(package.name, &package);
    if (!is_new)
      return fail(
          ErrorKind::invalid,
          fmt::format("{} and {}: two packages have the name \"{}\": rename one, or leave its folder out of "
                      "the workspace patterns",
                      file_in(first->second->dir), file_in(package.dir), base::printable(package.name)));
  }
  return {};
}

Result<std::vector<Package>> read_packages(const std::string& root, const PackageList& list,
                                           std::vector<std::string>& warnings, os::TextMemory* texts) {
  STILLAGE_ASSIGN(std::vector<std::string> dirs, candidate_dirs(root, list.patterns, warnings));
  dirs.insert(dirs.end(), list.dirs.begin(), list.dirs.end());
  std::sort(dirs.begin(), dirs.end());
  dirs.erase(std::unique(dirs.begin(), dirs.end()), dirs.end());
  STILLAGE_ASSIGN(auto files, read_all(root, dirs, texts));
  std::vector<Package> packages;
  for (std::size_t i = 0; i < dirs.size(); ++i) {
    if (!files[i]) {
      if (std::find(list.dirs.begin(), list.dirs.end(), dirs[i]) != list.dirs.end())
        return fail(ErrorKind::invalid, fmt::format("{}: lists \"{}\", which has no package.json",
                                                    list.listed_in, base::printable(dirs[i])));
      continue;
    }
    if (is_marker(files[i]->package)) continue;
    packages.push_back(std::move(files[i]->package));
    packages.back().dir = dirs[i];
  }
  return packages;
}

/// The name and version in "yarn@4.1.0+sha512…".
std::pair<std::string, std::string> split_manager_field(const std::string& field) {
  const std::size_t at = field.find('@');
  if (at == std::string::npos) return {field, ""};
  return {field.substr(0, at), field.substr(at + 1, field.find('+', at) - at - 1)};
}

bool is_client(std::string_view name) {
  return name == "npm" || name == "yarn" || name == "pnpm";
}

/// Two package managers' files may lie in one root: the packageManager field says which of them is meant.
void prefer_named_manager(const std::string& named, Root& root) {
  if (root.manager == PackageManager::lerna || root.manager == PackageManager::rush) return;
  const auto has = [&](const char* file) { return os::exists(os::join_path(root.dir, file)); };
  if (named == "pnpm" && (has("pnpm-lock.yaml") || has("pnpm-workspace.yaml")))
    root.manager = PackageManager::pnpm;
  if (named == "yarn" && has("yarn.lock")) root.manager = PackageManager::yarn;
  if (named == "npm" && has("package-lock.json")) root.manager = PackageManager::npm;
}

/// A root that no lock file marks: whoever the packageManager field names, npm for a workspace.
PackageManager unmarked_manager(const std::string& named, bool has_workspaces) {
  if (named == "yarn") return PackageManager::yarn;
  if (named == "pnpm") return PackageManager::pnpm;
  if (named == "bun") return PackageManager::bun;
  return named == "npm" || has_workspaces ? PackageManager::npm : PackageManager::none;
}

/// A root without workspace packages is the package itself, or stands in for the nearest one above.
Status make_single(Workspace& workspace, std::optional<PackageFile> root_file) {
  for (std::string_view dir = workspace.root; !root_file && dir != "/" && !dir.empty();) {
    dir = os::parent_path(dir);
    const std::string path = os::join_path(dir, "package.json");
    STILLAGE_ASSIGN(root_file, read_package_json(path, path));
    if (!root_file) continue;
    workspace.root = std::string(dir);
    workspace.lock_file = find_lock_file(workspace.root, workspace.manager, workspace.client);
    break;
  }
  if (!root_file)
    return fail(ErrorKind::invalid,
                fmt::format("no package.json in {} or above it: run this inside a JavaScript project",
                            workspace.root));
  workspace.single_package = true;
  workspace.packages = {std::move(root_file->package)};
  if (workspace.packages[0].name.empty()) workspace.packages[0].name = "root";
  return {};
}

}  // namespace

Result<Workspace> discover(const std::string& start_dir, os::TextMemory* texts) {
  const base::StageTimer timer(kPackagesStage);
  STILLAGE_ASSIGN(const std::string start, os::real_path(start_dir));
  const char* const preferred = std::getenv("PREFERRED_WORKSPACE_MANAGER");
  const std::string wish = preferred != nullptr ? preferred : "";
  STILLAGE_ASSIGN(Root root, find_root(start, wish));
  STILLAGE_ASSIGN(auto root_file, read_package_json(file_in(root.dir), file_in(root.dir), texts));
  const std::string field = root_file ? root_file->package_manager : "";
  const auto [named, version] = split_manager_field(field);
  if (root.manager == PackageManager::none)
    root.manager = unmarked_manager(named, root_file && root_file->workspaces);
  else if (wish.empty())
    prefer_named_manager(named, root);
  if (root.manager == PackageManager::yarn && is_berry(root.dir, field)) root.manager = PackageManager::berry;
  STILLAGE_ASSIGN(PackageList list, read_package_list(root, root_file ? &*root_file : nullptr));

  Workspace workspace;
  workspace.root = root.dir;
  workspace.manager = root.manager;
  workspace.client = list.client;
  if (workspace.client.empty() && is_client(named)) workspace.client = named;
  workspace.lock_file = find_lock_file(root.dir, root.manager, workspace.client);
  if (workspace.client.empty() && workspace.lock_file.ends_with("pnpm-lock.yaml")) workspace.client = "pnpm";
  if (workspace.client.empty() && workspace.lock_file.ends_with("yarn.lock")) workspace.client = "yarn";
  if (workspace.client.empty()) workspace.client = "npm";
  workspace.manager_version = !version.empty() ? version : list.manager_version;
  if (workspace.manager_version.empty() && root.manager == PackageManager::yarn)
    workspace.manager_version = "1";
  std::vector<DependencyRange> overrides = std::move(list.overrides);
  workspace.overrides_text = std::move(list.overrides_text);
  workspace.patched_dependencies = std::move(list.patched_dependencies);
  if (root_file) {
    workspace.overrides_text += root_file->overrides_text;
    overrides.insert(overrides.end(), root_file->overrides.begin(), root_file->overrides.end());
    auto& patched = workspace.patched_dependencies;
    patched.insert(patched.end(), root_file->patched_dependencies.begin(),
                   root_file->patched_dependencies.end());
  }

  STILLAGE_ASSIGN(workspace.packages, read_packages(root.dir, list, workspace.warnings, texts));
  if (workspace.packages.empty()) {
    STILLAGE_TRY(make_single(workspace, std::move(root_file)));
  } else {
    STILLAGE_TRY(check_names(workspace));
    if (root_file && !workspace.packages.front().dir.empty())
      workspace.root_package = std::move(root_file->package);
  }
  workspace.reindex();
  STILLAGE_TRY(add_local_dependencies(workspace, overrides));
  return workspace;
}

}  // namespace stillage::workspace
