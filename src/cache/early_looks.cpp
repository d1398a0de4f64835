// SPDX-License-Identifier: MIT
#include "cache/early_looks.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>
#include <unordered_map>

#include "cache/checkout.h"
#include "cache/in_place.h"
#include "os/thread_pool.h"

namespace stillage::cache {
namespace {

constexpr std::size_t kMostLookers = 8;

}  // namespace

void EarlyLooks::end() {
  is_ending_ = true;
  threads_.clear();
}

void EarlyLooks::start() {
  const std::vector<Target>& targets = checkout_.catalog.targets();
  slots_ = std::vector<Slot>(targets.size());
  std::unordered_map<std::string_view, std::size_t> package_of;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!targets[i].cache) continue;
    const auto [at, is_new] = package_of.emplace(targets[i].cwd, packages_.size());
    if (is_new) packages_.emplace_back();
    packages_[at->second].push_back(i);
  }
  // The thread that finds out the keys has a processor to itself.
  const std::size_t spare = std::max<std::size_t>(2, os::cpu_count()) - 1;
  try {
    for (std::size_t i = std::min({spare, kMostLookers, packages_.size()}); i > 0; --i)
      threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // Then fewer look ahead, or none.
  }
}

void EarlyLooks::work() {
  while (!is_ending_) {
    const std::size_t next = next_package_++;
    if (next >= packages_.size()) return;
    look_at_package(packages_[next]);
  }
}

void EarlyLooks::look_at_package(const std::vector<std::size_t>& indexes) {
  std::optional<PackageFolder> folder;
  FolderMarks marks;
  for (const std::size_t index : indexes) {
    Slot& slot = slots_[index];
    State untouched = State::untouched;
    if (!slot.state.compare_exchange_strong(untouched, State::looking)) continue;
    const Target& target = checkout_.catalog.targets()[index];
    const auto outputs = checkout_.catalog.outputs_of(target);
    auto snapshot = outputs ? checkout_.snapshots.find((*outputs)->package_dir(), target.id) : nullptr;
    if (snapshot && !snapshot->key.empty()) {
      if (!folder)
        if (auto opened = checkout_.open_package(snapshot->package_dir)) folder = std::move(*opened);
      if (folder && is_plainly_in_place(*snapshot, *folder, marks)) slot.in_place = std::move(snapshot);
    }
    slot.state = State::done;
    slot.state.notify_all();
  }
}

bool EarlyLooks::saw_in_place(std::size_t index, const Snapshot& snapshot) {
  if (index >= slots_.size()) return false;
  Slot& slot = slots_[index];
  State state = State::untouched;
  if (slot.state.compare_exchange_strong(state, State::given_up)) return false;
  slot.state.wait(State::looking);
  return slot.in_place.get() == &snapshot;
}

}  // namespace stillage::cache
