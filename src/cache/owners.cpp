// SPDX-License-Identifier: MIT
#include "cache/owners.h"

#include <algorithm>

#include "os/path.h"

namespace stillage::cache {

const Owners::Group& Owners::group(std::string_view package_dir) {
  const auto known = groups_.find(package_dir);
  if (known != groups_.end()) return known->second;
  Group group;
  for (auto& snapshot : snapshots_.of_package(std::string(package_dir)))
    if (snapshot->target != target_ && catalog_.is_known(snapshot->target))
      group.push_back(std::move(snapshot));
  return groups_.emplace(package_dir, std::move(group)).first->second;
}

bool Owners::others_have(std::string_view path) {
  for (const std::string_view folder : folders_above(os::parent_path(path))) {
    const std::string_view name = *os::path_below(path, folder);
    for (const auto& snapshot : group(folder))
      if (snapshot->find(name) != nullptr) return true;
    for (const std::size_t index : catalog_.in_package(folder)) {
      const std::string& id = catalog_.targets()[index].id;
      if (id == target_) continue;
      const auto contents = memory_.contents_of_hit(id);
      if (contents && contents->has(name)) return true;
    }
  }
  return false;
}

bool Owners::others_made(std::string_view path, const os::FileStat& stat) {
  for (const std::string_view folder : folders_above(os::parent_path(path))) {
    const std::string_view name = *os::path_below(path, folder);
    for (const auto& snapshot : group(folder)) {
      const OutputRecord* const record = snapshot->find(name);
      if (record != nullptr && record->mark == mark_of(stat)) return true;
    }
  }
  return false;
}

bool Owners::is_left_to_later(std::string_view path, const std::optional<os::FileStat>& now) {
  const auto own = catalog_.find(target_);
  if (!own) return false;
  for (const std::string_view folder : folders_above(os::parent_path(path))) {
    const std::string_view name = *os::path_below(path, folder);
    for (const std::size_t index : catalog_.in_package(folder)) {
      const Target& other = catalog_.targets()[index];
      if (index <= *own || !other.cache) continue;
      if (const auto contents = memory_.contents_of_hit(other.id)) {
        if (contents->has(name)) return true;
        continue;
      }
      // Not asked for yet: if its last version lies there, it may well stay. If it ran, it lies there.
      if (memory_.looked_up(other.id) == LookedUp::miss && !memory_.knows_outputs_of(other.id)) continue;
      if (!now) continue;
      const Group& snapshots = group(folder);
      const auto found = std::find_if(snapshots.begin(), snapshots.end(),
                                      [&](const auto& snapshot) { return snapshot->target == other.id; });
      if (found == snapshots.end()) continue;
      const OutputRecord* const record = (*found)->find(name);
      if (record != nullptr && record->mark == mark_of(*now)) return true;
    }
  }
  return false;
}

}  // namespace stillage::cache
