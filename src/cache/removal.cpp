// SPDX-License-Identifier: MIT
#include "cache/removal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <set>

#include "base/clock.h"
#include "base/log.h"
#include "cache/package_walk.h"
#include "os/at.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

constexpr std::int64_t kHourNs = 3'600'000'000'000;
constexpr std::string_view kBuildInfoSuffix = ".tsbuildinfo";

bool passes_node_modules(std::string_view path) {
  const auto segments = base::split(path, '/');
  return std::find(segments.begin(), segments.end(), "node_modules") != segments.end();
}

/// The process that made a temporary name, or 0.
std::int64_t maker_of(std::string_view name) {
  std::int64_t pid = 0;
  const std::string_view rest = name.substr(os::kTempPrefix.size());
  std::from_chars(rest.data(), rest.data() + rest.size(), pid);
  return pid;
}

}  // namespace

void tell_of_kept_file(const std::string& target, const TargetOutputs& outputs, std::string_view path,
                       bool is_ignored) {
  const std::string name = base::printable(outputs.from_root(path));
  if (!is_ignored)
    base::warn_once("kept " + target,
                    fmt::format("{} lies in the outputs of {} without being one, and was kept because "
                                "git does not ignore it",
                                name, target));
  else
    // With undeclared outputs this may concern every package: one word is enough.
    base::warn_once("kept undeclared",
                    fmt::format("{} lies where {} may have outputs, and was kept because nobody "
                                "declared it to be one: declare \"outputs\", or remove it",
                                name, target));
}

Result<base::Sha256Digest> digest_file(const PackageFolder& folder, std::string_view path) {
  STILLAGE_ASSIGN(const os::Fd dir, folder.open_folder(os::parent_path(path)));
  STILLAGE_ASSIGN(const os::Fd file, os::open_at(dir.get(), std::string(os::file_name(path)),
                                                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  base::Sha256 sha;
  thread_local std::string buffer(256 << 10, '\0');
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os::io_error("read", path);
    if (got == 0) return sha.finish();
    sha.update({buffer.data(), static_cast<std::size_t>(got)});
  }
}

bool Removal::is_tracked(std::string_view path) const {
  return tree_.has_git() && tree_.is_tracked(folder_.from_root(path));
}

bool Removal::is_ignored(std::string_view path, const os::FileStat& stat) const {
  return tree_.has_git() && tree_.is_ignored(folder_.from_root(path), stat.kind());
}

bool Removal::is_ours_still(const OutputRecord& record, const os::FileStat& stat) {
  if (ours_->is_unchanged(record, stat)) return true;
  if (record.kind != kind_of(stat)) return false;
  switch (record.kind) {
    case archive::OutputKind::directory:
      return true;  // only ever removed when it is empty
    case archive::OutputKind::symlink: {
      const auto dir = folder_.open_folder(os::parent_path(record.path));
      if (!dir) return false;
      const auto text = os::read_link_at(dir->get(), std::string(os::file_name(record.path)));
      return text && *text == record.link;
    }
    case archive::OutputKind::file: {
      if (record.size != stat.size) return false;
      const auto digest = digest_file(folder_, record.path);
      return digest && *digest == record.digest;
    }
  }
  return false;
}

bool Removal::allows(std::string_view path, const os::FileStat& stat) {
  if (passes_node_modules(path) || is_tracked(path) || owners_.others_have(outputs_.from_root(path)))
    return false;
  const bool ignored = is_ignored(path, stat);
  const OutputRecord* const record = ours_ ? ours_->find(path) : nullptr;
  if (record != nullptr && (ignored || is_ours_still(*record, stat))) return true;
  if (!ignored || !outputs_.matches_cleanable(path)) return false;
  if (!unrecorded_) unrecorded_ = find_unrecorded_();
  return !unrecorded_->may_have_made(outputs_.from_root(path), stat);
}

bool Removal::allows_overwriting(std::string_view path, const os::FileStat& stat) {
  if (ours_ && ours_->find(path) != nullptr) return true;
  return is_ignored(path, stat) || is_tracked(path) || owners_.others_have(outputs_.from_root(path));
}

Result<int> Removal::open_parent(std::string_view path) {
  const std::string_view parent = os::parent_path(path);
  if (!parent_ || parent != parent_path_) {
    parent_ = {};
    writable_.open_up(parent);
    STILLAGE_ASSIGN(parent_, folder_.open_folder(parent));
    parent_path_ = parent;
  }
  return parent_.get();
}

Status Removal::remove(const std::string& path) {
  STILLAGE_ASSIGN(const int parent, open_parent(path));
  return os::unlink_at(parent, std::string(os::file_name(path)));
}

Status Removal::remove_folder(const std::string& path) {
  STILLAGE_ASSIGN(const int parent, open_parent(path));
  STILLAGE_TRY(os::remove_empty_dir_at(parent, std::string(os::file_name(path))));
  return {};
}

Status Removal::remove_emptied_folders(const std::vector<std::string>& removed,
                                       const std::vector<std::string>& wanted) {
  std::set<std::string, std::greater<>> folders;  // what lies deeper comes first
  for (const std::string& path : removed)
    for (std::string_view at = os::parent_path(path); !at.empty(); at = os::parent_path(at))
      if (!folders.emplace(at).second) break;
  for (const std::string& folder : folders) {
    if (std::binary_search(wanted.begin(), wanted.end(), folder)) continue;
    if (owners_.others_have(outputs_.from_root(folder))) continue;
    const auto stat = folder_.stat(folder);
    if (!stat || !*stat) continue;  // went with another one
    STILLAGE_TRY(remove_folder(folder));
  }
  return {};
}

void sweep_temporary(const PackageFolder& folder, const std::vector<std::string>& found) {
  std::vector<std::string> paths = found;
  if (const auto package = folder.open_folder(""))
    if (const auto names = os::list_dir(package->get()))
      for (const os::DirEntry& name : *names)
        if (os::is_temp_name(name.name)) paths.push_back(name.name);
  for (const std::string& path : paths) {
    const auto stat = folder.stat(path).value_or(std::nullopt);
    const std::string name(os::file_name(path));
    const std::int64_t maker = maker_of(name);
    // A process of another container may have any id: only age tells there.
    const bool abandoned =
        stat && ((maker > 0 && !os::process_exists(maker)) || stat->mtime_ns < base::now_ns() - kHourNs);
    if (!abandoned) continue;
    if (const auto dir = folder.open_folder(os::parent_path(path)))
      (void)os::remove_tree_at(dir->get(), name);
  }
}

Status remove_stale_build_info(const WorkTree& tree, PackageFolder& folder, const Catalog& catalog,
                               Owners& owners, const KeptBuildInfo& kept) {
  if (!tree.has_git()) return {};
  const auto is_covered = [&](std::string_view path) {
    if (kept.matching != nullptr && kept.matching->matches(path)) return true;
    for (const std::size_t index : catalog.in_package(folder.package_dir())) {
      const auto outputs = catalog.outputs_of(catalog.targets()[index]);
      if (outputs && (*outputs)->are_declared() && (*outputs)->matches(path)) return true;
    }
    return false;
  };
  const auto known_folders = [&](const std::string& path) -> std::optional<std::vector<std::string>> {
    const auto stat = folder.stat(path);
    if (!stat || !*stat) return std::nullopt;
    std::vector<std::string> folders;
    bool is_any_there = false;
    const bool are_known =
        tree.names_in(folder.from_root(path), **stat, [&](std::string_view name, os::FileKind kind) {
          if (kind == os::FileKind::directory) folders.emplace_back(name);
          is_any_there = is_any_there || name.ends_with(kBuildInfoSuffix);
        });
    return are_known && !is_any_there ? std::optional(std::move(folders)) : std::nullopt;
  };
  return walk_package(
      folder,
      {.other_packages = catalog.packages_below(folder.package_dir()),
       .enters =
           [&](const std::string& path) { return kept.below == nullptr || !kept.below->contains(path); },
       .known_folders = known_folders,
       .visits = [&](const std::string& path, int dir, const os::DirEntry& entry) -> Status {
         if (entry.kind != os::FileKind::regular || !entry.name.ends_with(kBuildInfoSuffix)) return {};
         const std::string from_root = folder.from_root(path);
         if (tree.is_tracked(from_root) || !tree.is_ignored(from_root, entry.kind) || is_covered(path) ||
             owners.others_have(from_root))
           return {};
         return os::unlink_at(dir, entry.name);
       }});
}

}  // namespace stillage::cache
