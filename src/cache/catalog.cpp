// SPDX-License-Identifier: MIT
#include "cache/catalog.h"

#include <algorithm>

#include "os/path.h"

namespace stillage::cache {

std::vector<std::string_view> folders_above(std::string_view folder) {
  std::vector<std::string_view> all;
  while (!folder.empty()) {
    all.push_back(folder);
    folder = os::parent_path(folder);
  }
  all.emplace_back();
  return all;
}

Catalog::Catalog(std::string root, std::optional<std::vector<std::string>> default_globs,
                 std::vector<Target> targets, std::function<bool(std::string_view)> is_known)
    : root_(std::move(root)),
      default_globs_(std::move(default_globs)),
      targets_(std::move(targets)),
      is_known_(std::move(is_known)) {
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    by_id_.emplace(targets_[i].id, i);
    if (!targets_[i].cache) uncached_.push_back(i);
    const std::string cwd = os::normalise_path(targets_[i].cwd);
    if (const auto package_dir = os::path_below(cwd, root_))
      by_package_[std::string(*package_dir)].push_back(i);
  }
  for (const auto& [folder, indexes] : by_package_) folders_.push_back(folder);
  std::sort(folders_.begin(), folders_.end());
  for (const Target& target : targets_) dependencies_.push_back(indexes_of(target.dependencies));
}

std::shared_ptr<const Target> Catalog::kept(const Target& target) const {
  const auto index = find(target.id);
  if (!index || targets_[*index] != target) return std::make_shared<const Target>(target);
  return {std::shared_ptr<const void>(), &targets_[*index]};
}

std::optional<std::size_t> Catalog::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? std::nullopt : std::optional(found->second);
}

bool Catalog::is_known(std::string_view id) const {
  return !is_known_ || by_id_.contains(id) || is_known_(id);
}

const std::vector<std::size_t>& Catalog::in_package(std::string_view package_dir) const {
  static const std::vector<std::size_t> none;
  const auto found = by_package_.find(package_dir);
  return found == by_package_.end() ? none : found->second;
}

std::vector<std::size_t> Catalog::indexes_of(const std::vector<std::string>& ids) const {
  std::vector<std::size_t> indexes;
  for (const std::string& id : ids)
    if (const auto index = find(id)) indexes.push_back(*index);
  return indexes;
}

std::vector<std::size_t> Catalog::all_dependencies(const Target& target) const {
  std::vector<bool> seen(targets_.size());
  std::vector<std::size_t> found;
  const auto add = [&](const std::vector<std::size_t>& indexes) {
    for (const std::size_t index : indexes) {
      if (seen[index]) continue;
      seen[index] = true;
      found.push_back(index);
    }
  };
  add(indexes_of(target.dependencies));
  for (std::size_t i = 0; i < found.size(); ++i) add(dependencies_[found[i]]);
  return found;
}

/// Few lists of globs serve many targets.
Result<std::shared_ptr<const OutputGlobs>> Catalog::compile(const std::vector<std::string>& globs) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = globs_.find(globs); found != globs_.end()) return found->second;
  }
  STILLAGE_ASSIGN(auto compiled, OutputGlobs::compile(globs));
  const std::lock_guard lock(mutex_);
  return globs_.try_emplace(globs, std::move(compiled)).first->second;
}

Result<std::shared_ptr<const TargetOutputs>> Catalog::outputs_of(const Target& target) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = compiled_.find(target.id);
    if (found != compiled_.end() && found->second.cwd == target.cwd && found->second.globs == target.outputs)
      return found->second.outputs;
  }
  STILLAGE_ASSIGN(
      TargetOutputs outputs,
      TargetOutputs::of(target, root_, default_globs_, [this](const auto& globs) { return compile(globs); }));
  auto shared = std::make_shared<const TargetOutputs>(std::move(outputs));
  const std::lock_guard lock(mutex_);
  compiled_.insert_or_assign(target.id, Compiled{target.cwd, target.outputs, shared});
  return shared;
}

std::vector<std::shared_ptr<const TargetOutputs>> Catalog::uncached_outputs_near(
    const std::string& target, const TargetOutputs& outputs) const {
  std::vector<std::shared_ptr<const TargetOutputs>> near;
  for (const std::size_t index : uncached_) {
    if (targets_[index].id == target) continue;
    auto others = outputs_of(targets_[index]);
    if (others && (*others)->are_declared() && may_overlap(**others, outputs))
      near.push_back(std::move(*others));
  }
  return near;
}

std::vector<std::string> Catalog::packages_below(std::string_view package_dir) const {
  // In byte order, what lies in a folder stands together.
  const std::string start = package_dir.empty() ? "" : std::string(package_dir) + "/";
  auto at = std::lower_bound(folders_.begin(), folders_.end(), start);
  if (at != folders_.end() && at->empty()) ++at;
  std::vector<std::string> below;
  for (; at != folders_.end() && at->starts_with(start); ++at) below.push_back(*at);
  return below;
}

}  // namespace stillage::cache
