// SPDX-License-Identifier: MIT
#include "cache/lost_files.h"

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
    OthersOutputs others{.snapshot = std::move(snapshot), .present = {}};
    for (const OutputRecord& record : others.snapshot->outputs)
      if (is_there(*folder, record.path)) others.present.push_back(&record);
    all.push_back(std::move(others));
  }
  return all;
}

std::optional<LostOutput> find_lost_output(Checkout& checkout, const std::vector<OthersOutputs>& before) {
  for (const OthersOutputs& others : before) {
    const Snapshot& snapshot = *others.snapshot;
    const auto folder = checkout.open_package(snapshot.package_dir);
    if (!folder) continue;
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
