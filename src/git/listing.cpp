// SPDX-License-Identifier: MIT
#include "git/listing.h"

#include <fcntl.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <shared_mutex>

#include "base/strings.h"
#include "git/rules.h"
#include "git/walk.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::git {
namespace {

/// What a .gitignore looked like when it was read; nothing where there is none.
using Seen = std::optional<os::FileStat>;

bool same(const Seen& a, const Seen& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns &&
         a->ctime_ns == b->ctime_ns;
}

/// A folder that was not there, or not looked into, during the listing.
struct LateDir {
  Seen seen;
  RuleScopePtr parent;
  RuleScopePtr scope;
};

/// What `test` says of any segment of the path.
template <class Test>
bool any_segment(std::string_view path, Test test) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (test(path.substr(0, slash))) return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

struct Listing::Data {
  std::string root;
  WalkResult walked;
  base::StringSet left_out;

  mutable std::shared_mutex mutex;
  mutable base::StringMap<bool> ignored_dirs;  // folders right below walked ones: their fate never changes
  mutable base::StringMap<LateDir> late_dirs;

  bool dir_is_ignored(const WalkedDir& above, std::string_view dir) const;
  RuleScopePtr late_scope(const WalkedDir& above, const RuleScopePtr& parent, std::string_view dir) const;
};

/// Whether the folder `dir` in the walked folder `above` is ignored.
bool Listing::Data::dir_is_ignored(const WalkedDir& above, std::string_view dir) const {
  {
    const std::shared_lock lock(mutex);
    if (const auto known = ignored_dirs.find(dir); known != ignored_dirs.end()) return known->second;
  }
  const bool ignored = above.scope->ignores(above.place->in_repository(dir), os::FileKind::directory);
  const std::lock_guard lock(mutex);
  ignored_dirs.insert_or_assign(std::string(dir), ignored);
  return ignored;
}

/// The rules in a folder that the listing does not know, its own .gitignore as it is now.
RuleScopePtr Listing::Data::late_scope(const WalkedDir& above, const RuleScopePtr& parent,
                                       std::string_view dir) const {
  const std::string path = os::join_path(root, dir);
  const Seen seen = os::stat_path(path + "/.gitignore").value_or(std::nullopt);
  {
    const std::shared_lock lock(mutex);
    if (const auto known = late_dirs.find(dir);
        known != late_dirs.end() && known->second.parent == parent && same(known->second.seen, seen))
      return known->second.scope;
  }
  RuleScopePtr scope = parent;
  if (seen) {
    os::TextMemory texts;
    auto ignores = read_ignore_file(texts, AT_FDCWD, path + "/.gitignore", *seen, above.place->letter_case)
                       .value_or(IgnoreList());
    scope = RuleScope::extend(parent, above.place->in_repository(dir) + '/', std::move(ignores),
                              ConversionRules());
  }
  const std::lock_guard lock(mutex);
  late_dirs.insert_or_assign(std::string(dir), LateDir{seen, parent, scope});
  return scope;
}

const std::vector<ListedFile>& Listing::files() const {
  return data_->walked.files;
}

std::vector<std::string> Listing::folders() const {
  std::vector<std::string> folders;
  folders.reserve(data_->walked.dirs.size());
  for (const auto& [path, dir] : data_->walked.dirs) folders.push_back(path);
  return folders;
}

const ListedFile* Listing::find(std::string_view path) const {
  const auto& files = data_->walked.files;
  const auto at = std::partition_point(
      files.begin(), files.end(), [&](const ListedFile& file) { return std::string_view(file.path) < path; });
  return at != files.end() && at->path == path ? &*at : nullptr;
}

bool Listing::has_git() const {
  return data_->walked.has_git;
}

bool Listing::is_tracked(std::string_view path) const {
  if (const ListedFile* const file = find(path)) return file->tracked;
  return std::binary_search(data_->walked.missing.begin(), data_->walked.missing.end(), path, std::less<>());
}

std::vector<std::string> Listing::tracked_at(std::string_view path) const {
  std::vector<std::string> found;
  const auto& files = data_->walked.files;
  const auto& missing = data_->walked.missing;
  const auto first = std::partition_point(
      files.begin(), files.end(), [&](const ListedFile& file) { return std::string_view(file.path) < path; });
  // What starts with the path follows in one piece, "path-more" between "path" and "path/beneath" included.
  for (auto at = first; at != files.end() && std::string_view(at->path).starts_with(path); ++at)
    if (at->tracked && os::path_below(at->path, path)) found.push_back(at->path);
  for (auto at = std::lower_bound(missing.begin(), missing.end(), path, std::less<>());
       at != missing.end() && std::string_view(*at).starts_with(path); ++at)
    if (os::path_below(*at, path)) found.push_back(*at);
  return found;
}

bool Listing::is_ignored(std::string_view path, os::FileKind kind) const {
  const auto is_gits = [](std::string_view name) { return name == ".git"; };
  const auto is_ours = [](std::string_view name) { return os::is_temp_name(name); };
  if (path.empty() || path.starts_with('/') || any_segment(path, is_gits) || is_tracked(path)) return false;
  if (any_segment(path, is_ours) || data_->left_out.contains(path)) return true;

  const auto& dirs = data_->walked.dirs;
  std::string_view above_path = os::parent_path(path);
  auto known = dirs.find(above_path);
  while (known == dirs.end() && !above_path.empty()) {
    above_path = os::parent_path(above_path);
    known = dirs.find(above_path);
  }
  if (known == dirs.end()) return false;
  const WalkedDir& above = known->second;
  if (above.ignored) return true;

  RuleScopePtr scope = above.scope;
  const std::size_t start = above_path.empty() ? 0 : above_path.size() + 1;
  for (std::size_t at = start; at < path.size();) {
    const std::size_t slash = path.find('/', at);
    const bool is_last = slash == std::string_view::npos;
    const std::string_view here = path.substr(0, slash);
    const std::string_view name = here.substr(at);
    if (!above.place->has_git && name == "node_modules" && (!is_last || kind == os::FileKind::directory))
      return true;
    if (is_last) return scope->ignores(above.place->in_repository(path), kind);
    const bool ignored = at == start
                             ? data_->dir_is_ignored(above, here)
                             : scope->ignores(above.place->in_repository(here), os::FileKind::directory);
    if (ignored) return true;
    scope = data_->late_scope(above, scope, here);
    at = slash + 1;
  }
  return false;
}

const KnownFolder* Listing::known_folder(std::string_view path, const os::FileStat& stat) const {
  return data_->walked.folders->find(path, stat);
}

Result<Listing> list_files(const std::string& root, const ListingOptions& options) {
  auto walked = walk(root, options.memory);
  if (!walked) return fail_in("listing " + base::printable(root), walked.error());
  auto data = std::make_shared<Listing::Data>();
  data->root = root;
  data->walked = std::move(*walked);
  data->left_out.insert(options.left_out.begin(), options.left_out.end());
  std::erase_if(data->walked.files,
                [&](const ListedFile& file) { return !file.tracked && data->left_out.contains(file.path); });
  return Listing(std::move(data));
}

}  // namespace stillage::git
