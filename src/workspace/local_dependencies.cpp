// SPDX-License-Identifier: MIT
#include "workspace/local_dependencies.h"

#include <algorithm>
#include <map>
#include <set>

#include "os/path.h"
#include "os/stat.h"
#include "workspace/package_json.h"

namespace stillage::workspace {
namespace {

constexpr std::size_t kMostFolders = 10000;

using Places = std::set<std::string>;

/// npm takes "vendor/x.tgz" for a file without any protocol.
bool is_archive(std::string_view range) {
  return (range.ends_with(".tgz") || range.ends_with(".tar.gz") || range.ends_with(".tar")) &&
         range.find(':') == std::string_view::npos;
}

/// Reads each folder that is not a package once, for the local dependencies of its own.
class LocalFolders {
 public:
  explicit LocalFolders(const Workspace& workspace) : workspace_(workspace) {}

  /// Adds what the ranges name, and what those folders' own package.json names in turn.
  Status follow(std::string_view dir, const std::vector<const std::vector<DependencyRange>*>& lists,
                Places& places) {
    std::vector<std::string> pending;
    add(dir, lists, places, pending);
    while (!pending.empty()) {
      const std::string next = std::move(pending.back());
      pending.pop_back();
      STILLAGE_ASSIGN(const auto* const package, read(next));
      if (package != nullptr)
        add(next, {&package->dependencies, &package->optional_dependencies}, places, pending);
    }
    return {};
  }

 private:
  void add(std::string_view dir, const std::vector<const std::vector<DependencyRange>*>& lists,
           Places& places, std::vector<std::string>& pending) {
    for (const auto* const list : lists) {
      for (const auto& dependency : *list) {
        if (dependency.range.starts_with("workspace:")) continue;
        auto place = local_path(dependency.range, dir);
        if (!place || place->empty() || workspace_.index_of_dir(*place)) continue;
        if (places.insert(*place).second) pending.push_back(std::move(*place));
      }
    }
  }

  /// The package.json in a folder; nullptr if it is none, or has none.
  Result<const Package*> read(const std::string& place) {
    const auto [known, is_new] = read_.try_emplace(place);
    if (is_new && read_.size() <= kMostFolders) {
      const std::string folder = os::join_path(workspace_.root, place);
      if (os::is_directory(folder)) {
        STILLAGE_ASSIGN(auto file, read_package_json(folder + "/package.json", place + "/package.json"));
        if (file) known->second = std::move(file->package);
      }
    }
    return known->second ? &*known->second : nullptr;
  }

  const Workspace& workspace_;
  std::map<std::string, std::optional<Package>> read_;
};

}  // namespace

std::optional<std::string> local_path(std::string_view range, std::string_view dir) {
  bool is_path = range.starts_with("./") || range.starts_with("../") || range.starts_with('/') ||
                 range == ".." || range == "." || is_archive(range);
  for (const std::string_view protocol : {"file:", "link:", "portal:", "workspace:"}) {
    if (!range.starts_with(protocol)) continue;
    range.remove_prefix(protocol.size());
    is_path = protocol != "workspace:" || range.starts_with("./") || range.starts_with("../") ||
              (range.find('/') != std::string_view::npos && range.find('@') == std::string_view::npos);
    // npm also writes file:///absolute and file:relative?query
    if (range.starts_with("///")) range.remove_prefix(2);
    range = range.substr(0, range.find_first_of("#?"));
    // A berry range carries parameters after "::".
    range = range.substr(0, range.find("::"));
  }
  if (!is_path) return std::nullopt;
  return os::normalise_path(os::join_path(dir, range));
}

Status add_local_dependencies(Workspace& workspace, const std::vector<DependencyRange>& overrides) {
  LocalFolders folders(workspace);
  Places of_root;
  STILLAGE_TRY(folders.follow("", {&overrides}, of_root));
  const auto all_of = [](const Package& package) {
    return std::vector<const std::vector<DependencyRange>*>{&package.dependencies, &package.dev_dependencies,
                                                            &package.peer_dependencies,
                                                            &package.optional_dependencies};
  };
  if (workspace.root_package) STILLAGE_TRY(folders.follow("", all_of(*workspace.root_package), of_root));
  for (const auto& package : workspace.packages)
    if (package.dir.empty()) STILLAGE_TRY(folders.follow("", all_of(package), of_root));
  for (auto& package : workspace.packages) {
    Places places = of_root;
    STILLAGE_TRY(folders.follow(package.dir, all_of(package), places));
    package.local_dependencies.assign(places.begin(), places.end());
  }
  if (workspace.root_package)
    workspace.root_package->local_dependencies.assign(of_root.begin(), of_root.end());
  return {};
}

}  // namespace stillage::workspace
