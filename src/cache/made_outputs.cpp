// SPDX-License-Identifier: MIT
#include "cache/made_outputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "cache/dependency_keys.h"
#include "cache/lost_files.h"
#include "cache/package_walk.h"
#include "cache/removal.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

std::int64_t changed_at(const os::FileStat& stat) {
  return std::max(stat.ctime_ns, stat.mtime_ns);
}

bool same_stat(const os::FileStat& a, const os::FileStat& b) {
  return mark_of(a) == mark_of(b) && a.size == b.size && a.mode == b.mode;
}

SeenFile see(const PackageFolder& folder, const FoundPath& found, std::int64_t started_ns) {
  SeenFile seen{.stat = found.stat, .digest = {}};
  // One that can't be read counts as changed later on: no content has the digest of zeros.
  if (found.stat.is_regular() && is_racy(mark_of(found.stat), started_ns))
    seen.digest = digest_file(folder, found.path).value_or(base::Sha256Digest{});
  return seen;
}

bool is_unchanged(const PackageFolder& folder, const SeenFile& before, const FoundPath& now) {
  if (!same_stat(before.stat, now.stat)) return false;
  if (!before.digest) return true;
  const auto digest = digest_file(folder, now.path);
  return digest && *digest == *before.digest;
}

/// The permissions that folders get under the usual umasks are not worth a word.
bool has_usual_mode(const os::FileStat& stat) {
  const std::uint32_t mode = stat.mode & 0777;
  return mode == 0755 || mode == 0775 || mode == 0777 || mode == 0700;
}

/// All files below the package that git would list as untracked, packages within it excepted.
Result<std::vector<FoundPath>> list_untracked(const Checkout& checkout, PackageFolder& folder) {
  std::vector<FoundPath> found;
  STILLAGE_TRY(walk_package(
      folder, {.other_packages = checkout.catalog.packages_below(folder.package_dir()),
               .enters =
                   [&](const std::string& path) {
                     return !os::is_temp_name(os::file_name(path)) &&
                            !checkout.tree.is_ignored(folder.from_root(path), os::FileKind::directory);
                   },
               .visits = [&](const std::string& path, int dir, const os::DirEntry& entry) -> Status {
                 const std::string from_root = folder.from_root(path);
                 if (os::is_temp_name(entry.name) || checkout.tree.is_tracked(from_root) ||
                     checkout.tree.is_ignored(from_root, entry.kind))
                   return {};
                 STILLAGE_ASSIGN(const auto stat, os::stat_at(dir, entry.name));
                 if (stat) found.push_back({path, *stat});
                 return {};
               }}));
  return found;
}

class Finder {
 public:
  Finder(Checkout& checkout, const Target& target, const TargetOutputs& outputs, PackageFolder& folder,
         const PreparedRun* run)
      : checkout_(checkout),
        target_(target),
        outputs_(outputs),
        folder_(folder),
        run_(run),
        owners_(checkout.owners_for(target.id)) {}

  Result<MadeOutputs> find() {
    STILLAGE_ASSIGN(made_.scan, scan_outputs(folder_, outputs_));
    if (run_ != nullptr) {
      made_.not_stored_because = run_->not_stored_because;
      windows_ = checkout_.memory.concurrent(target_.id, outputs_, run_->start_ns);
    }
    for (const FoundPath& found : made_.scan.entries) judge(found);
    for (const FoundPath& found : made_.scan.empty_folders) judge(found);
    for (const FoundPath& found : made_.scan.folders)
      if (!has_usual_mode(found.stat) && !found.path.empty() && found.stat.is_directory() &&
          outputs_.matches(found.path))
        add_folder(found);
    judge_leftovers();
    judge_losses();
    if (run_ != nullptr)
      if (const auto changed = find_changed_dependency(checkout_, run_->dependencies))
        refuse(made_anew(*changed));
    if (!outputs_.are_declared()) STILLAGE_TRY(check_undeclared());
    tell_of_special();
    auto& all = made_.outputs;
    std::sort(all.begin(), all.end(), [](const FoundPath& a, const FoundPath& b) { return a.path < b.path; });
    all.erase(
        std::unique(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.path == b.path; }),
        all.end());
    return std::move(made_);
  }

 private:
  bool has_git() const { return checkout_.tree.has_git(); }
  bool is_tracked(const FoundPath& found) const {
    return has_git() && checkout_.tree.is_tracked(folder_.from_root(found.path));
  }
  bool is_ignored(const FoundPath& found) const {
    return has_git() && checkout_.tree.is_ignored(folder_.from_root(found.path), found.stat.kind());
  }

  void judge(const FoundPath& found) {
    const bool tracked = is_tracked(found);
    const bool ignored = !tracked && is_ignored(found);
    if (!outputs_.are_declared() && has_git() && !ignored) return;
    if (owners_.others_made(outputs_.from_root(found.path), found.stat)) return;
    if (run_ != nullptr) {
      const auto before = run_->before.find(found.path);
      if (before != run_->before.end() && is_unchanged(folder_, before->second, found)) {
        if (run_->kept && run_->kept->find(found.path) != nullptr)
          made_.outputs.push_back(found);
        else if (!tracked && !found.stat.is_directory() && !is_of_another_run(found))
          (ignored || !has_git() ? leftover_ : listed_leftover_).push_back(found.path);
        return;
      }
      if (const RunWindow* const other = contested_by(found)) {
        refuse(fmt::format(
            "{} may be the work of {}, which ran at the same time and has overlapping outputs: declare "
            "\"outputs\" for both",
            name(found.path), other->target));
        // The run that ends last answers for it from now on.
        if (other->end_ns == INT64_MAX) return;
      }
      made_unignored_ = made_unignored_ || (!tracked && !ignored);
    }
    made_.outputs.push_back(found);
  }

  void add_folder(const FoundPath& found) {
    if (!outputs_.are_declared() && !is_ignored(found)) return;
    const bool holds_own = std::any_of(
        made_.outputs.begin(), made_.outputs.end(),
        [&](const FoundPath& output) { return os::path_below(output.path, found.path).has_value(); });
    if (holds_own) made_.outputs.push_back(found);
  }

  /// A file that this run did not change, and that a run of another target made without a record of it.
  bool is_of_another_run(const FoundPath& found) const {
    if (run_->unrecorded.may_have_made(outputs_.from_root(found.path), found.stat)) return true;
    return std::any_of(windows_.begin(), windows_.end(),
                       [&](const RunWindow& window) { return is_in(window, found); });
  }

  bool is_in(const RunWindow& window, const FoundPath& found) const {
    if (!window.outputs->matches_from_root(outputs_.from_root(found.path))) return false;
    const std::int64_t at = changed_at(found.stat);
    return at >= window.start_ns - os::kTickNs &&
           (window.end_ns == INT64_MAX || at <= window.end_ns + os::kTickNs);
  }

  const RunWindow* contested_by(const FoundPath& found) const {
    for (const RunWindow& window : windows_)
      if (is_in(window, found)) return &window;
    return nullptr;
  }

  /// What was there before, that nobody owns and that the run left as it was: a tool that does not write what
  /// would not change could still count on it.
  void judge_leftovers() {
    if (!leftover_.empty())
      return refuse(
          fmt::format("{} was there before the run and did not change, so that nobody knows whether it is an "
                      "output: remove it, or declare \"outputs\" without it",
                      name(leftover_.front())));
    if (listed_leftover_.empty()) return;
    if (made_unignored_)
      return refuse(
          fmt::format("{} was there before the run and did not change, so that nobody knows whether it is an "
                      "output: remove it, let git ignore the outputs, or declare \"outputs\" without it",
                      name(listed_leftover_.front())));
    tell_of_kept_file(target_.id, outputs_, listed_leftover_.front(), false);
  }

  /// An entry holds what is there, and can't tell what has to go.
  void judge_losses() {
    if (const auto tracked = find_lost_tracked_file(checkout_.tree, outputs_, folder_, made_.scan)) {
      const bool was_there = run_ != nullptr && run_->before.contains(*tracked);
      return refuse(fmt::format(
          "{} {}, which a hit would leave where it is: let the task keep it, or remove it from git",
          was_there ? "the run deleted the tracked file" : "its outputs lack the tracked file",
          name(*tracked)));
    }
    if (run_ == nullptr) return;
    if (const auto lost = find_lost_output(checkout_, run_->others))
      refuse(fmt::format(
          "the run deleted {}, an output of {}, which a hit would leave where it is: let the task keep it",
          base::printable(lost->path), lost->target));
  }

  Status check_undeclared() {
    if (!has_git()) {
      refuse(
          "without git it has to be said which files are outputs: declare \"outputs\" for it in the "
          "pipeline");
      return {};
    }
    if (run_ == nullptr) return {};
    STILLAGE_ASSIGN(const auto untracked, list_untracked(checkout_, folder_));
    for (const FoundPath& found : untracked) {
      const auto before = run_->untracked_before.find(found.path);
      if (before != run_->untracked_before.end() && is_unchanged(folder_, before->second, found)) continue;
      if (owners_.others_made(outputs_.from_root(found.path), found.stat)) continue;
      refuse(fmt::format(
          "it wrote {}, which git does not ignore: declare it, as in \"outputs\": [\"{}\"], or let git "
          "ignore it",
          name(found.path), glob_for(found.path)));
      return {};
    }
    return {};
  }

  static std::string glob_for(std::string_view path) {
    const std::size_t slash = path.find('/');
    return base::printable(slash == std::string_view::npos ? path : path.substr(0, slash)) +
           (slash == std::string_view::npos ? "" : "/**");
  }

  void tell_of_special() const {
    if (made_.scan.special.empty()) return;
    base::warn_once("special " + target_.id,
                    fmt::format("{} is a socket, pipe or device, and is not stored with the outputs of {}",
                                name(made_.scan.special.front()), target_.id));
  }

  void refuse(std::string why) {
    if (made_.not_stored_because.empty()) made_.not_stored_because = std::move(why);
  }
  std::string name(std::string_view path) const { return base::printable(outputs_.from_root(path)); }

  Checkout& checkout_;
  const Target& target_;
  const TargetOutputs& outputs_;
  PackageFolder& folder_;
  const PreparedRun* run_;
  Owners owners_;
  std::vector<RunWindow> windows_;
  std::vector<std::string> leftover_;
  std::vector<std::string> listed_leftover_;
  bool made_unignored_ = false;
  MadeOutputs made_;
};

}  // namespace

Result<MadeOutputs> find_made_outputs(Checkout& checkout, const Target& target, const TargetOutputs& outputs,
                                      PackageFolder& folder, const PreparedRun* run) {
  return Finder(checkout, target, outputs, folder, run).find();
}

SeenFiles see_outputs(const PackageFolder& folder, const OutputScan& scan) {
  SeenFiles seen;
  for (const auto* list : {&scan.entries, &scan.empty_folders})
    for (const FoundPath& found : *list) seen.emplace(found.path, see(folder, found, scan.started_ns));
  return seen;
}

Result<SeenFiles> see_untracked(const Checkout& checkout, PackageFolder& folder) {
  SeenFiles seen;
  const std::int64_t started = base::now_ns();
  STILLAGE_ASSIGN(const auto untracked, list_untracked(checkout, folder));
  for (const FoundPath& found : untracked) seen.emplace(found.path, see(folder, found, started));
  return seen;
}

}  // namespace stillage::cache
