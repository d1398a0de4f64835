// SPDX-License-Identifier: MIT
#include "cache/prepare.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "cache/dependency_keys.h"
#include "cache/lost_files.h"
#include "cache/made_outputs.h"
#include "cache/removal.h"
#include "os/at.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

class Preparation {
 public:
  Preparation(Checkout& checkout, const Target& target, std::shared_ptr<const TargetOutputs> outputs,
              PackageFolder folder)
      : checkout_(checkout),
        target_(target),
        outputs_(std::move(outputs)),
        folder_(std::move(folder)),
        owners_(checkout.owners_for(target.id)),
        ours_(checkout.snapshots.find(outputs_->package_dir(), target.id)),
        removal_(checkout.tree, *outputs_, folder_, owners_, ours_, [this] { return run_->unrecorded; }),
        run_(std::make_shared<PreparedRun>()) {
    run_->target = target;
    run_->outputs = outputs_;
    run_->unrecorded = checkout.unrecorded_runs_near(target, *outputs_);
  }

  Status run(const std::function<bool(const Target&, const std::string&)>& lost_an_input) {
    auto scan = scan_outputs(folder_, *outputs_);
    if (!scan && scan.error().kind == ErrorKind::unsupported) return give_up(scan.error());
    if (!scan) return tl::make_unexpected(scan.error());
    sweep_temporary(folder_, scan->temporary);
    if (keeps_outputs() && is_last_snapshot(*scan) && lost_an_input && !lost_an_input(target_, ours_->key)) {
      run_->kept = ours_;
      STILLAGE_TRY(drop_snapshot());
    } else {
      STILLAGE_TRY(drop_snapshot());
      STILLAGE_TRY(clean(*scan));
      STILLAGE_ASSIGN(*scan, scan_outputs(folder_, *outputs_));
    }
    run_->others = see_others_outputs(checkout_, target_, *outputs_);
    DependencyLook dependencies = see_dependency_keys(checkout_, target_);
    run_->dependencies = std::move(dependencies.seen);
    if (dependencies.foreign) run_->not_stored_because = made_anew(*dependencies.foreign);
    run_->start_ns = base::now_ns();
    run_->before = see_outputs(folder_, *scan);
    if (!outputs_->are_declared() && checkout_.tree.has_git()) {
      STILLAGE_ASSIGN(run_->untracked_before, see_untracked(checkout_, folder_));
    }
    checkout_.memory.begin(run_);
    return {};
  }

 private:
  /// The run goes on, but nobody will know what it made.
  Status give_up(const Error& error) {
    base::warn_once("not stored " + target_.id, error.message);
    run_->not_stored_because = error.message;
    run_->start_ns = base::now_ns();
    checkout_.snapshots.remove(outputs_->package_dir(), target_.id);
    checkout_.memory.begin(run_);
    return {};
  }

  bool keeps_outputs() const { return target_.clean ? !*target_.clean : outputs_->name_incremental_state(); }

  /// Whether what lies there is exactly what the last run left.
  bool is_last_snapshot(const OutputScan& scan) {
    if (!ours_ || ours_->key.empty()) return false;
    std::size_t own = 0;
    for (const auto* list : {&scan.entries, &scan.empty_folders})
      for (const FoundPath& found : *list) {
        const OutputRecord* const record = ours_->find(found.path);
        if (record == nullptr && !removal_.allows(found.path, found.stat)) continue;  // somebody else's
        if (record == nullptr || !is_same(*record, found)) return false;
        ++own;
      }
    // Folders that are not empty are recorded for their permissions only.
    const auto counted =
        std::count_if(ours_->outputs.begin(), ours_->outputs.end(), [&](const OutputRecord& record) {
          return record.kind != archive::OutputKind::directory ||
                 find_path(scan.empty_folders, record.path) != nullptr;
        });
    return own == static_cast<std::size_t>(counted);
  }

  bool is_same(const OutputRecord& record, const FoundPath& found) const {
    if (ours_->is_unchanged(record, found.stat)) return true;
    if (record.kind != archive::OutputKind::file || record.mark != mark_of(found.stat) ||
        record.size != found.stat.size)
      return false;
    const auto digest = digest_file(folder_, record.path);
    return digest && *digest == record.digest;
  }

  Status drop_snapshot() {
    if (!ours_) return {};
    SnapshotDraft draft;
    draft.target = target_.id;
    draft.package_dir = outputs_->package_dir();
    draft.taken_ns = ours_->taken_ns;
    draft.outputs = ours_->outputs;
    return checkout_.snapshots.save_or_forget(draft);
  }

  Status clean(const OutputScan& scan) {
    std::vector<std::string> removed;
    const auto consider = [&](const std::string& path, const os::FileStat& stat) -> Status {
      if (!removal_.allows(path, stat)) return {};
      STILLAGE_TRY(removal_.remove(path));
      removed.push_back(path);
      return {};
    };
    for (const FoundPath& found : scan.entries) STILLAGE_TRY(consider(found.path, found.stat));
    // Outputs from before the globs were changed.
    if (ours_) {
      for (const OutputRecord& record : ours_->outputs) {
        if (find_path(scan.entries, record.path) != nullptr) continue;
        STILLAGE_ASSIGN(const auto stat, folder_.stat(record.path));
        if (stat && !stat->is_directory()) STILLAGE_TRY(consider(std::string(record.path), *stat));
      }
    }
    for (auto found = scan.empty_folders.rbegin(); found != scan.empty_folders.rend(); ++found) {
      if (!removal_.allows(found->path, found->stat)) continue;
      STILLAGE_TRY(removal_.remove_folder(found->path));
      removed.push_back(found->path);
    }
    STILLAGE_TRY(removal_.remove_emptied_folders(removed, {}));
    return remove_stale_build_info(checkout_.tree, folder_, checkout_.catalog, owners_,
                                   {.matching = outputs_->are_declared() ? outputs_.get() : nullptr});
  }

  Checkout& checkout_;
  const Target& target_;
  std::shared_ptr<const TargetOutputs> outputs_;
  PackageFolder folder_;
  Owners owners_;
  std::shared_ptr<const Snapshot> ours_;
  Removal removal_;
  std::shared_ptr<PreparedRun> run_;
};

}  // namespace

Status prepare_outputs(Checkout& checkout, const Target& target,
                       const std::function<bool(const Target&, const std::string&)>& lost_an_input) {
  STILLAGE_ASSIGN(auto outputs, checkout.catalog.outputs_of(target));
  const auto lock = checkout.locks.lock(outputs->package_dir());
  STILLAGE_ASSIGN(PackageFolder folder, checkout.open_package(outputs->package_dir()));
  return Preparation(checkout, target, std::move(outputs), std::move(folder)).run(lost_an_input);
}

}  // namespace stillage::cache
