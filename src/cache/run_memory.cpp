// SPDX-License-Identifier: MIT
#include "cache/run_memory.h"

#include <algorithm>

namespace stillage::cache {

bool Contents::has(std::string_view path) const {
  if (snapshot && snapshot->find(path) != nullptr) return true;
  if (!manifest) return false;
  const auto& outputs = manifest->outputs;
  const auto at =
      std::lower_bound(outputs.begin(), outputs.end(), path,
                       [](const archive::Output& a, std::string_view wanted) { return a.path < wanted; });
  return at != outputs.end() && at->path == path;
}

bool UnrecordedRuns::may_have_made(std::string_view path, const os::FileStat& stat) const {
  if (std::max(stat.ctime_ns, stat.mtime_ns) >= since_ns) return true;
  return std::any_of(uncached.begin(), uncached.end(),
                     [&](const auto& outputs) { return outputs->matches_from_root(path); });
}

void RunMemory::set_hit(std::shared_ptr<const Target> target, const std::string& key, Contents contents,
                        std::string origin) {
  const std::lock_guard lock(mutex_);
  State& state = states_[target->id];
  state.looked_up = LookedUp::hit;
  state.target = std::move(target);
  state.key = key;
  state.outputs_key = key;
  state.contents = std::move(contents);
  state.origin = std::move(origin);
}

void RunMemory::set_miss(const std::string& target) {
  const std::lock_guard lock(mutex_);
  State& state = states_[target];
  state.looked_up = LookedUp::miss;
  state.contents = {};
  state.left.clear();
}

void RunMemory::set_recorded(const std::string& target, std::string key) {
  const std::lock_guard lock(mutex_);
  State& state = states_[target];
  state.recorded = true;
  state.outputs_key = std::move(key);
}

std::string RunMemory::origin_of_hit(std::string_view target) const {
  const std::lock_guard lock(mutex_);
  const auto found = states_.find(target);
  return found == states_.end() || found->second.looked_up != LookedUp::hit ? "" : found->second.origin;
}

std::string RunMemory::key_of(std::string_view target) const {
  const std::lock_guard lock(mutex_);
  const auto found = states_.find(target);
  return found == states_.end() ? "" : found->second.outputs_key;
}

LookedUp RunMemory::looked_up(std::string_view target) const {
  const std::lock_guard lock(mutex_);
  const auto found = states_.find(target);
  return found == states_.end() ? LookedUp::not_yet : found->second.looked_up;
}

bool RunMemory::knows_outputs_of(std::string_view target) const {
  const std::lock_guard lock(mutex_);
  const auto found = states_.find(target);
  return found != states_.end() && (found->second.recorded || found->second.looked_up == LookedUp::hit);
}

std::optional<Contents> RunMemory::contents_of_hit(std::string_view target) const {
  const std::lock_guard lock(mutex_);
  const auto found = states_.find(target);
  if (found == states_.end() || found->second.looked_up != LookedUp::hit) return std::nullopt;
  return found->second.contents;
}

void RunMemory::leave(const std::string& target, std::set<std::string> paths) {
  const std::lock_guard lock(mutex_);
  states_[target].left = std::move(paths);
}

std::optional<RunMemory::Left> RunMemory::take_left(const std::string& target) {
  const std::lock_guard lock(mutex_);
  const auto found = states_.find(target);
  if (found == states_.end() || found->second.left.empty()) return std::nullopt;
  return Left{found->second.target, found->second.key, found->second.origin,
              std::exchange(found->second.left, {})};
}

void RunMemory::begin(std::shared_ptr<PreparedRun> run) {
  const std::lock_guard lock(mutex_);
  State& state = states_[run->target.id];
  state.looked_up = LookedUp::miss;
  state.contents = {};
  state.recorded = false;
  state.window = RunWindow{.target = run->target.id, .outputs = run->outputs, .start_ns = run->start_ns};
  state.run = std::move(run);
}

std::shared_ptr<PreparedRun> RunMemory::end(const std::string& target, std::int64_t end_ns) {
  const std::lock_guard lock(mutex_);
  const auto found = states_.find(target);
  if (found == states_.end() || !found->second.run) return nullptr;
  found->second.window->end_ns = end_ns;
  return std::exchange(found->second.run, nullptr);
}

std::vector<RunWindow> RunMemory::concurrent(const std::string& target, const TargetOutputs& outputs,
                                             std::int64_t since_ns) const {
  std::vector<RunWindow> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, state] : states_) {
    if (id == target || !state.window || state.window->end_ns < since_ns) continue;
    if (may_overlap(*state.window->outputs, outputs)) all.push_back(*state.window);
  }
  return all;
}

std::vector<std::shared_ptr<PreparedRun>> RunMemory::unfinished() const {
  std::vector<std::shared_ptr<PreparedRun>> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, state] : states_)
    if (state.run) all.push_back(state.run);
  return all;
}

}  // namespace stillage::cache
