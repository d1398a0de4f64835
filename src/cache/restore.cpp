// SPDX-License-Identifier: MIT
#include "cache/restore.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "cache/in_place.h"
#include "cache/output_writer.h"
#include "cache/restore_plan.h"
#include "os/at.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

using archive::Manifest;
using archive::Output;
using archive::OutputKind;

class Restore {
 public:
  Restore(Checkout& checkout, EntryFile& entry, const RestoreRequest& request,
          std::shared_ptr<const TargetOutputs> outputs, PackageFolder folder)
      : checkout_(checkout),
        entry_(entry),
        request_(request),
        outputs_(std::move(outputs)),
        folder_(std::move(folder)),
        owners_(checkout.owners_for(request.target.id)),
        ours_(request.snapshot ? request.snapshot
                               : checkout.snapshots.find(outputs_->package_dir(), request.target.id)),
        removal_(checkout.tree, *outputs_, folder_, owners_, ours_,
                 [this] { return checkout_.unrecorded_runs_near(request_.target, *outputs_); }) {}

  enum class Snapshotting { allowed, forbidden };
  /// The report of a restore that finds everything in place; nothing if something has to be written, and be
  /// it a new snapshot or a note of what is left to later targets where that is forbidden.
  Result<std::optional<RestoreReport>> if_in_place(Snapshotting snapshotting) {
    if (!ours_ || ours_->key != request_.key) return std::optional<RestoreReport>();
    STILLAGE_ASSIGN(const InPlace answer,
                    check_in_place(*ours_, *outputs_, folder_, owners_, removal_, request_.stale));
    if (!answer.is_in_place) return std::optional<RestoreReport>();
    if (snapshotting == Snapshotting::forbidden && (answer.wants_refresh || !answer.left.empty()))
      return std::optional<RestoreReport>();
    if (answer.wants_refresh) STILLAGE_TRY(refresh(answer));
    checkout_.memory.leave(request_.target.id, answer.left);
    tell_of_overlap(answer.left);
    return RestoreReport{.unchanged = answer.unchanged};
  }

  Result<RestoreReport> run() {
    const bool is_whole = request_.only == nullptr;
    if (is_whole) {
      STILLAGE_ASSIGN(const auto report, if_in_place(Snapshotting::allowed));
      if (report) return *report;
    }
    STILLAGE_ASSIGN(auto reader, entry_.read());
    auto manifest = reader.manifest();
    if (!manifest) return damaged(manifest.error());
    manifest_ = &*manifest;
    STILLAGE_ASSIGN(const RestorePlan plan, plan_restore({.manifest = *manifest_,
                                                          .outputs = *outputs_,
                                                          .ours = ours_,
                                                          .stale = request_.stale,
                                                          .only = request_.only},
                                                         folder_, owners_, removal_));
    sweep_temporary(folder_, plan.scan.temporary);
    if (plan.changes_anything()) STILLAGE_TRY(apply(plan, reader));
    STILLAGE_TRY(save_snapshot(plan));
    if (is_whole) leave_to_later(plan);
    if (plan.kept_stale)
      tell_of_kept_file(request_.target.id, *outputs_, plan.kept_stale->path,
                        removal_.is_ignored(plan.kept_stale->path, plan.kept_stale->stat));
    return report(plan);
  }

 private:
  tl::unexpected<Error> damaged(const Error& error) {
    if (error.kind == ErrorKind::corrupt) entry_.report_damage(error.message);
    return tl::make_unexpected(error);
  }

  Status apply(const RestorePlan& plan, archive::EntryReader& reader) {
    if (!plan.is_all_new || !ours_has_all()) STILLAGE_TRY(drop_snapshot());
    for (const std::string& path : plan.remove) STILLAGE_TRY(removal_.remove(path));
    STILLAGE_TRY(remove_folders(plan));
    writer_.emplace(folder_, *manifest_, plan, removal_.writable_folders());
    auto written = reader.extract(*manifest_, *writer_);
    if (written) written = writer_->finish();
    if (!written) {
      writer_->abandon();
      if (written.error().kind == ErrorKind::corrupt) return damaged(written.error());
      return written;
    }
    if (request_.only != nullptr) return {};
    return remove_stale_build_info(
        checkout_.tree, folder_, checkout_.catalog, owners_,
        {.matching = outputs_.get(), .below = plan.is_all_new ? &plan.staged : nullptr});
  }

  /// Whether our snapshot knows every path of the entry: then whatever a crash leaves of them is known as
  /// ours, and as changed, since none of the files is the one that was recorded.
  bool ours_has_all() const {
    return ours_ && std::all_of(manifest_->outputs.begin(), manifest_->outputs.end(),
                                [&](const Output& output) { return ours_->find(output.path) != nullptr; });
  }

  Status remove_folders(const RestorePlan& plan) {
    for (auto path = plan.remove_folders.rbegin(); path != plan.remove_folders.rend(); ++path)
      STILLAGE_TRY(removal_.remove_folder(*path));
    std::vector<std::string> gone = plan.remove;
    gone.insert(gone.end(), plan.remove_folders.begin(), plan.remove_folders.end());
    std::vector<std::string> wanted;
    for (const Output& output : manifest_->outputs)
      if (output.kind == OutputKind::directory) wanted.push_back(output.path);
    return removal_.remove_emptied_folders(gone, wanted);
  }

  /// From here on no snapshot says that everything is in place; but what is there, and what is about to be,
  /// is ours.
  Status drop_snapshot() {
    SnapshotDraft draft = empty_draft();
    if (ours_) draft.outputs = ours_->outputs;
    for (const Output& output : manifest_->outputs)
      if (!ours_ || ours_->find(output.path) == nullptr) draft.outputs.push_back(record_of(output));
    std::sort(draft.outputs.begin(), draft.outputs.end(),
              [](const OutputRecord& a, const OutputRecord& b) { return a.path < b.path; });
    draft.taken_ns = ours_ ? ours_->taken_ns : 0;
    return checkout_.snapshots.save_or_forget(draft);
  }

  SnapshotDraft empty_draft() const {
    SnapshotDraft draft;
    draft.target = request_.target.id;
    draft.package_dir = outputs_->package_dir();
    return draft;
  }

  static OutputRecord record_of(const Output& output) {
    return {.path = output.path,
            .kind = output.kind,
            .mode = output.mode,
            .size = output.size,
            .digest = output.digest,
            .link = output.link,
            .mark = {}};
  }

  Status save_snapshot(const RestorePlan& plan) {
    SnapshotDraft draft = empty_draft();
    draft.key = request_.only == nullptr ? request_.key : ours_ ? ours_->key : "";
    draft.entry = entry_.mark();
    draft.created_ns = manifest_->created_ns;
    draft.duration_ns = manifest_->duration_ns;
    if (plan.is_all_new && writer_->staged().made()) {
      remember_as_made(plan, *writer_->staged().made(), draft);
      return checkout_.snapshots.save_or_forget(draft);
    }
    std::optional<OutputScan> rescan;
    if (plan.changes_anything()) {
      STILLAGE_ASSIGN(rescan, scan_outputs(folder_, *outputs_));
    }
    const OutputScan& scan = rescan ? *rescan : plan.scan;
    draft.always_scan = folder_.follows_links() || request_.stale == StaleOutputs::keep ||
                        request_.only != nullptr || (rescan && has_newcomer(*rescan, plan.scan));
    draft.taken_ns = scan.started_ns;
    for (std::size_t i = 0; i < manifest_->outputs.size(); ++i) {
      const Output& output = manifest_->outputs[i];
      OutputRecord record = record_of(output);
      const OutputRecord* const old = ours_ ? ours_->find(output.path) : nullptr;
      if (request_.only != nullptr && !request_.only->contains(output.path))
        record.mark = old != nullptr ? old->mark : FileMark{};
      else if (plan.actions[i] != RestoreAction::leave)
        record.mark = mark_now(i, plan, scan);
      draft.outputs.push_back(record);
    }
    draft.folders = folder_records(scan);
    return checkout_.snapshots.save_or_forget(draft);
  }

  /// Everything came with staged folders: it is as it was made, and need not be looked at again. A change
  /// that came after leaves another stat.
  void remember_as_made(const RestorePlan& plan, const std::vector<FoundPath>& folders,
                        SnapshotDraft& draft) const {
    draft.taken_ns = writer_->staged().appeared_ns();
    draft.always_scan = request_.stale == StaleOutputs::keep;
    draft.outputs.reserve(manifest_->outputs.size());
    for (std::size_t i = 0; i < manifest_->outputs.size(); ++i) {
      OutputRecord record = record_of(manifest_->outputs[i]);
      if (const os::FileStat* const stat = writer_->written(i))
        record.mark = mark_of(*stat);
      else if (const FoundPath* const folder = find_path(folders, record.path))
        record.mark = mark_of(folder->stat);
      draft.outputs.push_back(record);
    }
    for (const FoundPath& folder : folders) draft.folders.push_back({folder.path, mark_of(folder.stat)});
    for (const std::string& path : plan.scan.absent)
      if (find_path(folders, path) == nullptr) draft.folders.push_back({path, {}});
  }

  /// Something that came between our look before and our look after: the next run has to judge it.
  bool has_newcomer(const OutputScan& after, const OutputScan& before) const {
    return std::any_of(after.entries.begin(), after.entries.end(), [&](const FoundPath& found) {
      const auto& outputs = manifest_->outputs;
      const auto at =
          std::lower_bound(outputs.begin(), outputs.end(), found.path,
                           [](const Output& a, const std::string& path) { return a.path < path; });
      const bool is_output = at != outputs.end() && at->path == found.path;
      return !is_output && find_path(before.entries, found.path) == nullptr;
    });
  }

  /// The mark of an output that is as the entry says, unless somebody changed it in the meantime.
  FileMark mark_now(std::size_t index, const RestorePlan& plan, const OutputScan& scan) const {
    const Output& output = manifest_->outputs[index];
    const FoundPath* const listed = find_path(scan.entries, output.path);
    const auto now =
        listed != nullptr ? std::optional(listed->stat) : folder_.stat(output.path).value_or(std::nullopt);
    if (!now || kind_of(*now) != output.kind) return {};
    if (output.kind != OutputKind::file) return mark_of(*now);
    const os::FileStat* const seen = writer_ ? writer_->written(index) : nullptr;
    if (seen == nullptr) {
      const auto& found = plan.found[index];
      const bool was_kept = plan.actions[index] == RestoreAction::keep;
      return was_kept && found && mark_of(*found) == mark_of(*now) ? mark_of(*now) : FileMark{};
    }
    // It was looked at before its rename, which changed the time of its inode.
    const bool same = seen->inode == now->inode && seen->mtime_ns == now->mtime_ns && seen->size == now->size;
    return same ? mark_of(*now) : FileMark{};
  }

  /// The snapshot again, with what this look at the tree has shown.
  Status refresh(const InPlace& answer) {
    SnapshotDraft draft = empty_draft();
    draft.key = ours_->key;
    draft.entry = entry_.mark();
    draft.created_ns = ours_->created_ns;
    draft.duration_ns = ours_->duration_ns;
    draft.always_scan = folder_.follows_links() || request_.stale == StaleOutputs::keep;
    draft.taken_ns = started_ns_;
    draft.outputs = ours_->outputs;  // whose marks were found unchanged, and their contents equal where that
                                     // was not enough
    draft.folders = answer.scan ? folder_records(*answer.scan) : ours_->folders;
    return checkout_.snapshots.save_or_forget(draft);
  }

  void leave_to_later(const RestorePlan& plan) {
    std::set<std::string> left;
    for (std::size_t i = 0; i < plan.actions.size(); ++i)
      if (plan.actions[i] == RestoreAction::leave) left.insert(manifest_->outputs[i].path);
    tell_of_overlap(left);
    checkout_.memory.leave(request_.target.id, std::move(left));
  }

  void tell_of_overlap(const std::set<std::string>& left) {
    if (left.empty()) return;
    base::warn_once("overlapping outputs",
                    fmt::format("{} is an output of {} and of a later target: the later one's version is "
                                "kept (there and wherever outputs overlap)",
                                base::printable(outputs_->from_root(*left.begin())), request_.target.id));
  }

  static RestoreReport report(const RestorePlan& plan) {
    RestoreReport report;
    for (const RestoreAction action : plan.actions) {
      if (action == RestoreAction::keep) ++report.unchanged;
      if (action == RestoreAction::write || action == RestoreAction::set_mode) ++report.written;
    }
    report.removed = plan.remove.size() + plan.remove_folders.size();
    return report;
  }

  Checkout& checkout_;
  EntryFile& entry_;
  const RestoreRequest& request_;
  std::shared_ptr<const TargetOutputs> outputs_;
  PackageFolder folder_;
  Owners owners_;
  std::shared_ptr<const Snapshot> ours_;
  Removal removal_;
  const Manifest* manifest_ = nullptr;
  const std::int64_t started_ns_ = base::now_ns();
  std::optional<OutputWriter> writer_;
};

bool was_seen_in_place(Checkout& checkout, const RestoreRequest& request) {
  if (!request.snapshot || request.snapshot->key != request.key) return false;
  const auto index = checkout.catalog.find(request.target.id);
  if (!index || &checkout.catalog.targets()[*index] != &request.target) return false;
  return checkout.early_looks.saw_in_place(*index, *request.snapshot);
}

}  // namespace

Result<RestoreReport> restore_outputs(Checkout& checkout, EntryFile& entry, const RestoreRequest& request) {
  STILLAGE_ASSIGN(auto outputs, checkout.catalog.outputs_of(request.target));
  const auto lock = checkout.locks.lock(outputs->package_dir());
  STILLAGE_ASSIGN(PackageFolder folder, checkout.open_package(outputs->package_dir()));
  auto report = Restore(checkout, entry, request, std::move(outputs), std::move(folder)).run();
  if (!report && report.error().kind == ErrorKind::unsupported)
    base::warn_once("not restored " + request.target.id, report.error().message);
  return report;
}

Result<std::optional<RestoreReport>> outputs_in_place(Checkout& checkout, EntryFile& entry,
                                                      const RestoreRequest& request) {
  if (was_seen_in_place(checkout, request)) {
    checkout.memory.leave(request.target.id, {});
    return RestoreReport{.unchanged = request.snapshot->outputs.size()};
  }
  STILLAGE_ASSIGN(auto outputs, checkout.catalog.outputs_of(request.target));
  const auto lock = checkout.locks.lock(outputs->package_dir());
  STILLAGE_ASSIGN(PackageFolder folder, checkout.open_package(outputs->package_dir()));
  return Restore(checkout, entry, request, std::move(outputs), std::move(folder))
      .if_in_place(Restore::Snapshotting::forbidden);
}

}  // namespace stillage::cache
