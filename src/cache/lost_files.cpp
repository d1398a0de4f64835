// SPDX-License-Identifier: MIT
#include "cache/lost_files.h"

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "cache/checkout.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

bool is_there(const PackageFolder& folder, std::string_view path) {
  // What can't be looked at is not known to be gone.
  const auto stat = folder.stat(path);
  return !stat || stat->has_value();
}

/// Snapshots are written anew whenever their target is restored or runs.
bool is_same(const Snapshot& a, const Snapshot& b) {
  return a.key == b.key && a.taken_ns == b.taken_ns;
}

/// Whether every output lies in a folder of which the snapshot has a mark.
bool folders_hold_all(const Snapshot& snapshot) {
  if (snapshot.always_scan) return false;
  std::set<std::string_view> marked;
  for (const FolderRecord& folder : snapshot.folders)
    if (folder.mark != FileMark{}) marked.insert(folder.path);
  std::string_view last;
  bool is_first = true;
  return std::all_of(snapshot.outputs.begin(), snapshot.outputs.end(), [&](const OutputRecord& record) {
    const std::string_view parent = os::parent_path(record.path);
    if (!is_first && parent == last) return true;
    is_first = false;
    last = parent;
    return marked.contains(parent);
  });
}

std::vector<FileMark> look_at_folders(const Snapshot& snapshot, const PackageFolder& folder) {
  std::vector<FileMark> marks;
  for (const FolderRecord& record : snapshot.folders) {
    const auto stat = folder.stat(record.path).value_or(std::nullopt);
    marks.push_back(stat ? mark_of(*stat) : FileMark{});
  }
  return marks;
}

bool are_as_recorded(const Snapshot& snapshot, const std::vector<FileMark>& folders) {
  return std::equal(folders.begin(), folders.end(), snapshot.folders.begin(), snapshot.folders.end(),
                    [](const FileMark& now, const FolderRecord& record) { return now == record.mark; });
}

OthersOutputs look_at(std::shared_ptr<const Snapshot> snapshot, const PackageFolder& folder,
                      bool folders_tell) {
  OthersOutputs others{.snapshot = std::move(snapshot), .present = {}, .seen_ns = base::now_ns()};
  if (folders_tell && folders_hold_all(*others.snapshot))
    others.folders = look_at_folders(*others.snapshot, folder);
  // Where folders are as they were, so is what lies in them; what has no mark was not there.
  const bool are_known = !others.folders.empty() && are_as_recorded(*others.snapshot, others.folders);
  for (const OutputRecord& record : others.snapshot->outputs)
    if ((are_known && record.mark != FileMark{}) || is_there(folder, record.path))
      others.present.push_back(&record);
  return others;
}

/// Whether nothing can have gone since, as far as the folders tell.
bool nothing_has_gone(const OthersOutputs& before, const PackageFolder& folder) {
  return !before.folders.empty() &&
         std::none_of(before.folders.begin(), before.folders.end(),
                      [&](const FileMark& mark) { return is_racy(mark, before.seen_ns); }) &&
         look_at_folders(*before.snapshot, folder) == before.folders;
}

}  // namespace

std::vector<OthersOutputs> see_others_outputs(Checkout& checkout, const Target& target,
                                              const TargetOutputs& outputs) {
  std::vector<std::shared_ptr<const Snapshot>> snapshots;
  for (auto& snapshot : checkout.snapshots.of_package(outputs.package_dir()))
    if (snapshot->target != target.id && checkout.catalog.is_known(snapshot->target))
      snapshots.push_back(std::move(snapshot));
  for (const std::string& id : target.dependencies) {
    const auto index = checkout.catalog.find(id);
    if (!index) continue;
    const auto others = checkout.catalog.outputs_of(checkout.catalog.targets()[*index]);
    if (!others || (*others)->package_dir() == outputs.package_dir()) continue;
    if (auto snapshot = checkout.snapshots.find((*others)->package_dir(), id))
      snapshots.push_back(std::move(snapshot));
  }
  std::vector<OthersOutputs> all;
  for (auto& snapshot : snapshots) {
    if (snapshot->key.empty()) continue;  // at work, or not what an entry says: nobody would bring it back
    const auto folder = checkout.open_package(snapshot->package_dir);
    if (!folder) continue;
    all.push_back(look_at(std::move(snapshot), *folder, checkout.stamps_folders));
  }
  return all;
}

std::optional<LostOutput> find_lost_output(Checkout& checkout, const std::vector<OthersOutputs>& before) {
  for (const OthersOutputs& others : before) {
    const Snapshot& snapshot = *others.snapshot;
    const auto folder = checkout.open_package(snapshot.package_dir);
    if (!folder || nothing_has_gone(others, *folder)) continue;
    for (const OutputRecord* const record : others.present) {
      if (is_there(*folder, record->path)) continue;
      // Asked after the look: its target may have been at work meanwhile.
      const auto now = checkout.snapshots.find(snapshot.package_dir, snapshot.target);
      if (!now || !is_same(*now, snapshot)) break;
      return LostOutput{os::join_path(snapshot.package_dir, record->path), snapshot.target};
    }
  }
  return std::nullopt;
}

std::optional<std::string> find_lost_tracked_file(const WorkTree& tree, const TargetOutputs& outputs,
                                                  const PackageFolder& folder, const OutputScan& scan) {
  // Where nothing is declared, tracked files are inputs: the key tells whether they are there.
  if (!tree.has_git() || !outputs.are_declared()) return std::nullopt;
  for (const OutputBase& base : outputs.bases()) {
    const std::string from_root = folder.from_root(base.path);
    for (const std::string& tracked : tree.tracked_at(from_root)) {
      const auto below = os::path_below(tracked, from_root);
      if (!below) continue;
      std::string path = os::join_path(base.path, *below);
      if (!outputs.matches(path) || find_path(scan.entries, path) != nullptr) continue;
      const auto stat = folder.stat(path);
      if (stat && (!*stat || (*stat)->is_directory())) return path;
    }
  }
  return std::nullopt;
}

}  // namespace stillage::cache
