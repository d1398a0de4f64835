// SPDX-License-Identifier: MIT
#include "cache/snapshots.h"

#include <fmt/format.h>

#include <span>

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"
#include "os/state_file.h"

namespace stillage::cache {
namespace {

constexpr os::StateFormat kSnapshotFormat = {"SNAP", 1};
/// A pack is written anew when more than one in so many snapshots were not in it.
constexpr std::size_t kRepackPart = 20;

std::string short_digest(std::string_view text) {
  const auto digest = base::sha256(text);
  return base::to_hex(std::span(digest).first(16));
}

std::string pack_file(const std::string& folder) {
  return folder + "-pack";
}

/// The name of a snapshot's file in the folder of all.
std::string_view name_in(std::string_view file, std::string_view folder) {
  return file.substr(folder.size() + 1);
}

bool same_file(const os::FileStat& a, const os::FileStat& b) {
  return a.inode == b.inode && a.ctime_ns == b.ctime_ns && a.mtime_ns == b.mtime_ns && a.size == b.size;
}

}  // namespace

Snapshots::Snapshots(std::string state_folder)
    : folder_(state_folder.empty() ? "" : std::move(state_folder) + "/snapshots"),
      changes_(folder_.empty() ? "" : folder_ + "-changed") {}

std::shared_ptr<const Snapshot> Snapshots::load(const std::string& file) {
  const std::int64_t at_ns = base::now_ns();
  const auto stat = os::stat_path(file).value_or(std::nullopt);
  if (!stat) return nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto known = loaded_.find(file);
    if (known != loaded_.end() && same_file(known->second.stat, *stat)) return known->second.snapshot;
  }
  std::call_once(pack_once_, [this] { pack_ = SnapshotPack::read(pack_file(folder_)); });
  Loaded loaded{.stat = *stat, .snapshot = nullptr, .payload = {}, .is_settled = true};
  const auto packed = pack_ ? pack_->find(name_in(file, folder_), *stat) : std::nullopt;
  if (packed) {
    loaded.payload = *packed;
    loaded.snapshot = Snapshot::parse(*packed, pack_);
  } else {
    auto state = os::StateFile::read(file, kSnapshotFormat);
    if (!state) return nullptr;
    const auto owner = std::make_shared<const os::StateFile>(std::move(*state));
    loaded.payload = owner->payload();
    loaded.is_settled = os::is_settled(*stat, at_ns);
    loaded.snapshot = Snapshot::parse(owner->payload(), owner);
  }
  const std::lock_guard lock(mutex_);
  // Whoever loads the same file at the same time gets the same snapshot.
  const auto known = loaded_.find(file);
  if (known != loaded_.end() && same_file(known->second.stat, *stat)) return known->second.snapshot;
  if (!packed) ++read_alone_;
  return loaded_.insert_or_assign(file, std::move(loaded)).first->second.snapshot;
}

std::shared_ptr<const Snapshot> Snapshots::find(const std::string& package_dir, const std::string& target) {
  if (folder_.empty()) {
    const std::lock_guard lock(mutex_);
    const auto package = in_memory_.find(package_dir);
    if (package == in_memory_.end()) return nullptr;
    const auto found = package->second.find(target);
    return found == package->second.end() ? nullptr : found->second;
  }
  auto snapshot = load(folder_ + "/" + short_digest(package_dir) + "/" + short_digest(target));
  return snapshot && snapshot->target == target && snapshot->package_dir == package_dir ? snapshot : nullptr;
}

std::vector<std::shared_ptr<const Snapshot>> Snapshots::of_package(const std::string& package_dir) {
  std::vector<std::shared_ptr<const Snapshot>> all;
  if (folder_.empty()) {
    const std::lock_guard lock(mutex_);
    const auto package = in_memory_.find(package_dir);
    if (package != in_memory_.end())
      for (const auto& [target, snapshot] : package->second) all.push_back(snapshot);
    return all;
  }
  const std::string folder = folder_ + "/" + short_digest(package_dir);
  const auto names = os::list_dir(folder);
  if (!names) return all;  // none was ever written
  for (const os::DirEntry& name : *names) {
    if (os::is_temp_name(name.name)) continue;
    auto snapshot = load(folder + "/" + name.name);
    if (snapshot && snapshot->package_dir == package_dir) all.push_back(std::move(snapshot));
  }
  return all;
}

std::optional<std::string> Snapshots::key_of(const std::string& target, std::uint64_t changes,
                                             const std::function<std::optional<std::string>()>& package_dir) {
  std::uint64_t own_changes = 0;
  {
    const std::lock_guard lock(keys_mutex_);
    const auto known = keys_.find(target);
    if (known != keys_.end() && known->second.changes == changes) return known->second.key;
    own_changes = own_changes_;
  }
  const auto package = package_dir();
  const auto snapshot = package ? find(*package, target) : nullptr;
  std::optional<std::string> key = snapshot ? std::optional(snapshot->key) : std::nullopt;
  const std::lock_guard lock(keys_mutex_);
  if (own_changes == own_changes_) keys_.insert_or_assign(target, KnownKey{changes, key});
  return key;
}

void Snapshots::forget_key(const std::string& target) {
  const std::lock_guard lock(keys_mutex_);
  ++own_changes_;
  keys_.erase(target);
}

Status Snapshots::save(const SnapshotDraft& draft) {
  std::string payload = Snapshot::encode(draft);
  if (folder_.empty()) {
    const auto owner = std::make_shared<const std::string>(std::move(payload));
    const std::lock_guard lock(mutex_);
    in_memory_[draft.package_dir][draft.target] = Snapshot::parse(*owner, owner);
    forget_key(draft.target);
    return {};
  }
  const std::string package = folder_ + "/" + short_digest(draft.package_dir);
  const std::string file = package + "/" + short_digest(draft.target);
  auto written = os::StateFile::write(file, kSnapshotFormat, payload);
  if (!written) {
    STILLAGE_TRY(os::make_dirs(package, 0700));
    written = os::StateFile::write(file, kSnapshotFormat, payload);
  }
  STILLAGE_TRY(std::move(written));
  forget_key(draft.target);
  STILLAGE_TRY(changes_.tell());
  const auto stat = os::stat_path(file).value_or(std::nullopt);
  const auto owner = std::make_shared<const std::string>(std::move(payload));
  const std::lock_guard lock(mutex_);
  if (!stat) return {};
  loaded_.insert_or_assign(file, Loaded{*stat, Snapshot::parse(*owner, owner), *owner, false});
  return {};
}

Status Snapshots::save_or_forget(const SnapshotDraft& draft) {
  const Status saved = save(draft);
  if (saved) return {};
  remove(draft.package_dir, draft.target);
  if (find(draft.package_dir, draft.target)) return saved;
  base::warn_once("snapshot",
                  fmt::format("cannot remember what outputs look like ({}): each run compares them anew",
                              saved.error().message));
  return {};
}

Status Snapshots::pack() {
  const std::lock_guard lock(mutex_);
  if (folder_.empty() || read_alone_ * kRepackPart <= loaded_.size()) return {};
  std::vector<PackedSnapshot> packed;
  for (const auto& [file, loaded] : loaded_)
    if (loaded.snapshot && loaded.is_settled)
      packed.push_back({name_in(file, folder_), loaded.stat, loaded.payload});
  read_alone_ = 0;
  return SnapshotPack::write(pack_file(folder_), std::move(packed));
}

void Snapshots::remove(const std::string& package_dir, const std::string& target) {
  forget_key(target);
  const std::lock_guard lock(mutex_);
  if (folder_.empty()) {
    const auto package = in_memory_.find(package_dir);
    if (package != in_memory_.end()) package->second.erase(target);
    return;
  }
  (void)os::remove_tree(folder_ + "/" + short_digest(package_dir) + "/" + short_digest(target));
  (void)changes_.tell();
}

}  // namespace stillage::cache
