// SPDX-License-Identifier: MIT
#include "workspace/local_dependencies.h"

#include <algorithm>
#include <map>
#include <set>

#include "os/path.h"
#include "os/stat.h"
#include "workspace/package_graph.h"
#include "workspace/package_json.h"

namespace stillage::workspace {
namespace {

constexpr std::size_t kMostFolders = 10000;

using Places = std::set<std::string>;
using Lists = std::vector<const std::vector<DependencyRange>*>;

/// npm takes "vendor/x.tgz" for a file without any protocol.
bool is_archive(std::string_view range) {
  return (range.ends_with(".tgz") || range.ends_with(".tar.gz") || range.ends_with(".tar")) &&
         range.find(':') == std::string_view::npos;
}

/// What dependencies lead to without passing through a workspace package.
struct Reached {
  Places places;                   ///< files and folders that are no packages of the workspace
  std::set<std::size_t> packages;  ///< those that are
};

/// Reads each folder that is not a package once, for the local dependencies of its own.
class LocalFolders {
 public:
  explicit LocalFolders(const Workspace& workspace) : workspace_(workspace) {}

  /// Adds what the ranges, seen from the folder of `package`, name, and what the package.json of such folders
  /// names in turn.
  Status follow(const Package& package, const Lists& lists, Reached& reached) {
    std::vector<std::string> pending;
    add(package, lists, reached, pending);
    while (!pending.empty()) {
      const std::string next = std::move(pending.back());
      pending.pop_back();
      STILLAGE_ASSIGN(const auto* const folder, read(next));
      if (folder != nullptr)
        add(*folder, {&folder->dependencies, &folder->optional_dependencies}, reached, pending);
    }
    return {};
  }

 private:
  void add(const Package& package, const Lists& lists, Reached& reached, std::vector<std::string>& pending) {
    for (const auto* const list : lists) {
      for (const auto& dependency : *list) {
        if (const auto internal = internal_dependency(workspace_, package, dependency)) {
          reached.packages.insert(*internal);
          continue;
        }
        if (dependency.range.starts_with("workspace:")) continue;
        auto place = local_path(dependency.range, package.dir);
        if (!place || place->empty()) continue;
        if (reached.places.insert(*place).second) pending.push_back(std::move(*place));
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
        if (file) {
          known->second = std::move(file->package);
          known->second->dir = place;
        }
      }
    }
    return known->second ? &*known->second : nullptr;
  }

  const Workspace& workspace_;
  std::map<std::string, std::optional<Package>> read_;
};

/// The places of all packages, those reached through other workspace packages included. As in the closure of
/// external packages, the devDependencies of a package count for itself only.
class LocalClosure {
 public:
  explicit LocalClosure(const Workspace& workspace)
      : folders_(workspace),
        whole_(workspace.packages.size()),
        passed_on_(workspace.packages.size()),
        users_(workspace.packages.size()) {}

  Status add(std::size_t index, const Package& package) {
    STILLAGE_TRY(folders_.follow(package, installed_lists(package), passed_on_[index]));
    whole_[index] = passed_on_[index];
    if (!package.dev_dependencies.empty())
      STILLAGE_TRY(folders_.follow(package, {&package.dev_dependencies}, whole_[index]));
    for (const std::size_t used : whole_[index].packages)
      users_[used].push_back({index, passed_on_[index].packages.contains(used)});
    return {};
  }

  /// Adds what a root that is no package of the workspace names.
  Status add_root(const Package& root, const Lists& lists) { return folders_.follow(root, lists, root_); }

  /// Hands what each package passes on to all that lean on it, so that packages without any cost nothing.
  /// `root` is the root's position if it is a package of the workspace.
  void close(std::optional<std::size_t> root) {
    std::vector<Places> own;
    for (const Reached& reached : passed_on_) own.push_back(reached.places);
    if (root) root_.packages.insert(*root);
    for (std::size_t from = 0; from < own.size(); ++from)
      if (!own[from].empty()) hand_on(from, own[from]);
    if (root) root_.places.insert(whole_[*root].places.begin(), whole_[*root].places.end());
  }

  std::vector<std::string> of_root() const { return {root_.places.begin(), root_.places.end()}; }

  /// The root's dependencies are everybody's.
  std::vector<std::string> of(std::size_t index) const {
    Places places = whole_[index].places;
    places.insert(root_.places.begin(), root_.places.end());
    return {places.begin(), places.end()};
  }

 private:
  struct User {
    std::size_t index;
    bool passes_on;
  };

  static Lists installed_lists(const Package& package) {
    return {&package.dependencies, &package.peer_dependencies, &package.optional_dependencies};
  }

  void hand_on(std::size_t from, const Places& places) {
    std::vector<char> seen(users_.size(), 0);
    std::vector<std::size_t> open = {from};
    seen[from] = 1;
    while (!open.empty()) {
      const std::size_t next = open.back();
      open.pop_back();
      if (root_.packages.contains(next)) root_.places.insert(places.begin(), places.end());
      for (const User& user : users_[next]) {
        whole_[user.index].places.insert(places.begin(), places.end());
        if (!user.passes_on || seen[user.index]) continue;
        seen[user.index] = 1;
        open.push_back(user.index);
      }
    }
  }

  LocalFolders folders_;
  Reached root_;
  std::vector<Reached> whole_;      ///< by package: from dependencies of all four kinds
  std::vector<Reached> passed_on_;  ///< by package: without devDependencies
  std::vector<std::vector<User>> users_;
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
  LocalClosure closure(workspace);
  const Package nameless;
  STILLAGE_TRY(closure.add_root(nameless, {&overrides}));
  if (workspace.root_package) {
    const Package& root = *workspace.root_package;
    STILLAGE_TRY(closure.add_root(root, {&root.dependencies, &root.dev_dependencies, &root.peer_dependencies,
                                         &root.optional_dependencies}));
  }
  for (std::size_t i = 0; i < workspace.packages.size(); ++i)
    STILLAGE_TRY(closure.add(i, workspace.packages[i]));
  closure.close(workspace.index_of_dir(""));
  for (std::size_t i = 0; i < workspace.packages.size(); ++i)
    workspace.packages[i].local_dependencies = closure.of(i);
  if (workspace.root_package) workspace.root_package->local_dependencies = closure.of_root();
  return {};
}

}  // namespace stillage::workspace
