// SPDX-License-Identifier: MIT
#include "hasher/backfill_hasher.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "base/digest.h"
#include "base/hex.h"
#include "base/utf16.h"
#include "git/content_ids.h"
#include "hasher/hash_strings.h"
#include "hasher/package_trie.h"
#include "os/file.h"
#include "os/path.h"
#include "workspace/compat_lock.h"
#include "workspace/compat_workspace.h"

namespace stillage::hasher {
namespace {

using workspace::CompatPackage;

/// What backfill knows of a whole repository.
class RepoFiles {
 public:
  static Result<RepoFiles> load(const workspace::CompatWorkspace& workspace) {
    RepoFiles repo;
    repo.root_ = workspace.manager_root;
    STILLAGE_ASSIGN(const std::string real_root, os::real_path(repo.root_));
    STILLAGE_ASSIGN(repo.ids_, git::content_ids(real_root));
    PackageTrie trie;
    if (!workspace.is_fallback)
      for (const CompatPackage& package : workspace.packages)
        if (const auto dir = os::path_below(package.dir, repo.root_)) trie.add_package(*dir);
    for (const auto& file : repo.ids_)
      repo.by_folder_[std::string(trie.folder_of(file.first))].push_back(&file);
    return repo;
  }

  /// Of the names and ids of a package's files.
  std::string hash_of(const std::string& package_dir) const {
    std::vector<std::string_view> texts;
    const auto dir = os::path_below(package_dir, root_);
    const auto files = dir ? by_folder_.find(*dir) : by_folder_.end();
    if (files != by_folder_.end()) {
      for (const auto* const file : files->second) texts.insert(texts.end(), {file->first, file->second});
    } else {
      // No folder of the workspace: whatever has its path in its own.
      const std::string marked = package_dir + '/';
      for (const auto& [path, id] : ids_)
        if (os::join_path(root_, path).find(marked) != std::string::npos)
          texts.insert(texts.end(), {path, id});
    }
    return backfill_hash_strings(texts);
  }

 private:
  using Ids = base::StringMap<std::string>;

  std::string root_;
  Ids ids_;
  base::StringMap<std::vector<const Ids::value_type*>> by_folder_;
};

Result<workspace::CompatWorkspace> find_workspace(const std::string& dir) {
  workspace::CompatWorkspace workspace = workspace::compat_discover(dir);
  if (workspace.manager_root.empty())
    return fail(ErrorKind::invalid,
                fmt::format("{} is in no workspace: there is no lock file, lerna.json or rush.json in it or "
                            "above it",
                            dir));
  // The list of packages counts from the root, where the fallback to a single package does not.
  if (workspace.manager_root != dir) {
    std::string root = workspace.manager_root;
    workspace = workspace::compat_discover(root);
  }
  if (workspace.is_fallback) {
    workspace.packages.clear();
    workspace.by_name.clear();
  }
  return workspace;
}

/// The package with its dependencies, and which packages it leads to.
struct Package {
  BackfillHash::Part part;
  std::vector<const CompatPackage*> internal;
};

class PackageHashes {
 public:
  PackageHashes(const workspace::CompatWorkspace& workspace, const workspace::CompatLock& lock,
                const RepoFiles& files)
      : workspace_(workspace), lock_(lock), files_(files) {}

  Result<Package> of(const CompatPackage& package) const {
    if (!package.has_name)
      return fail(ErrorKind::invalid, fmt::format("{}/package.json has no name: add \"name\"", package.dir));
    Package result;
    std::vector<std::string> texts;
    std::vector<workspace::DependencyRange> external;
    for (workspace::DependencyRange& dependency : package.all_dependencies()) {
      if (!workspace_.is_internal(dependency.name)) {
        external.push_back(std::move(dependency));
        continue;
      }
      if (const CompatPackage* const other = workspace_.find(dependency.name))
        result.internal.push_back(other);
      texts.push_back(std::move(dependency.name));
    }
    for (std::string& text : lock_.resolve(external)) texts.push_back(std::move(text));
    result.part = {.name = package.name,
                   .files = files_.hash_of(package.dir),
                   .dependencies = backfill_hash_strings({texts.begin(), texts.end()})};
    return result;
  }

 private:
  const workspace::CompatWorkspace& workspace_;
  const workspace::CompatLock& lock_;
  const RepoFiles& files_;
};

/// Breadth first from `entry`. A package that depends on itself comes twice, as for the original.
Result<std::vector<BackfillHash::Part>> reached_parts(const PackageHashes& hashes,
                                                      const CompatPackage& entry) {
  std::vector<BackfillHash::Part> done;
  std::vector<const CompatPackage*> queue{&entry};
  const auto is_done = [&](const CompatPackage& package) {
    return std::any_of(done.begin(), done.end(),
                       [&](const BackfillHash::Part& part) { return part.name == package.name; });
  };
  for (std::size_t next = 0; next < queue.size(); ++next) {
    STILLAGE_ASSIGN(Package package, hashes.of(*queue[next]));
    for (const CompatPackage* const other : package.internal) {
      const auto waiting = queue.begin() + static_cast<std::ptrdiff_t>(next) + 1;
      const bool is_queued = std::any_of(
          waiting, queue.end(), [&](const CompatPackage* queued) { return queued->dir == other->dir; });
      if (!is_done(*other) && !is_queued) queue.push_back(other);
    }
    done.push_back(std::move(package.part));
  }
  return done;
}

std::string hash_of_parts(const std::vector<BackfillHash::Part>& parts) {
  base::Sha1 sha1;
  for (const BackfillHash::Part& part : parts) {
    sha1.update(base::to_well_formed(part.name));
    sha1.update(part.files);
    sha1.update(part.dependencies);
  }
  return base::to_hex(sha1.finish());
}

}  // namespace

Result<BackfillHash> BackfillHasher::hash(std::string_view salt) const {
  const auto entry = workspace::nearest_package(os::normalise_path(package_root_));
  if (!entry)
    return fail(ErrorKind::invalid,
                fmt::format("there is no readable package.json in {} or above it", package_root_));
  STILLAGE_ASSIGN(const workspace::CompatWorkspace workspace, find_workspace(entry->dir));
  auto lock_at_work =
      std::async(std::launch::async, [&] { return workspace::CompatLock::find(workspace.manager_root); });
  auto files = RepoFiles::load(workspace);
  auto lock = lock_at_work.get();
  if (!files) return tl::make_unexpected(files.error());
  if (!lock) return tl::make_unexpected(lock.error());

  BackfillHash result;
  STILLAGE_ASSIGN(result.packages, reached_parts(PackageHashes(workspace, *lock, *files), *entry));
  result.internal_packages = hash_of_parts(result.packages);
  result.command = backfill_hash_strings({salt});
  result.combined = backfill_hash_strings({result.internal_packages, result.command});
  return result;
}

Result<std::string> BackfillHasher::hash_of_output() const {
  const std::string dir = os::normalise_path(package_root_);
  STILLAGE_ASSIGN(const workspace::CompatWorkspace workspace, find_workspace(dir));
  STILLAGE_ASSIGN(const RepoFiles files, RepoFiles::load(workspace));
  return files.hash_of(dir);
}

}  // namespace stillage::hasher
