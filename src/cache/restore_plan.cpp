// SPDX-License-Identifier: MIT
#include "cache/restore_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

using archive::Output;
using archive::OutputKind;

/// Whether a restore may need a folder here: it is there, it will be made, or it passes through a user's
/// link.
enum class Way { present, absent };

class Planner {
 public:
  Planner(const PlanInput& input, PackageFolder& folder, Owners& owners, Removal& removal)
      : input_(input), folder_(folder), owners_(owners), removal_(removal) {}

  Result<RestorePlan> run() {
    STILLAGE_ASSIGN(plan_.scan, scan_outputs(folder_, input_.outputs));
    const std::vector<Output>& outputs = input_.manifest.outputs;
    plan_.actions.resize(outputs.size(), RestoreAction::keep);
    plan_.found.resize(outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (input_.only != nullptr && !input_.only->contains(outputs[i].path)) continue;
      STILLAGE_ASSIGN(plan_.actions[i], action_for(outputs[i], plan_.found[i]));
    }
    if (input_.only == nullptr && input_.stale == StaleOutputs::remove) STILLAGE_TRY(find_stale());
    find_staged();
    plan_.is_all_new = input_.only == nullptr && makes_everything_anew();
    return std::move(plan_);
  }

 private:
  bool is_output(std::string_view path) const {
    const auto& outputs = input_.manifest.outputs;
    const auto at =
        std::lower_bound(outputs.begin(), outputs.end(), path,
                         [](const Output& a, std::string_view wanted) { return a.path < wanted; });
    return at != outputs.end() && at->path == path;
  }

  /// What the folder that holds an output is like; what is in its way and may go is planned to go.
  Result<Way> way_to(std::string_view path) {
    if (path.empty()) return Way::present;
    const auto known = ways_.find(path);
    if (known != ways_.end()) return known->second;
    STILLAGE_ASSIGN(Way way, way_to(os::parent_path(path)));
    if (way == Way::present) {
      STILLAGE_ASSIGN(const auto stat, folder_.stat(path));
      if (!stat) {
        way = Way::absent;
      } else if (!stat->is_directory()) {
        if (input_.only == nullptr && removal_.allows(path, *stat)) {
          plan_.remove.emplace_back(path);
          way = Way::absent;
        } else if (stat->is_symlink()) {
          STILLAGE_TRY(folder_.follow(std::string(path)));
        } else {
          return in_the_way(path, "is not a folder");
        }
      }
    }
    ways_.emplace(path, way);
    return way;
  }

  /// Whether a folder on the way to it is known to be missing.
  bool is_below_absent(std::string_view path) const {
    for (std::string_view at = os::parent_path(path); !at.empty(); at = os::parent_path(at))
      if (const auto way = ways_.find(at); way != ways_.end()) return way->second == Way::absent;
    return false;
  }

  Result<RestoreAction> action_for(const Output& output, std::optional<os::FileStat>& found) {
    STILLAGE_ASSIGN(const Way way, way_to(os::parent_path(output.path)));
    if (way == Way::present) {
      STILLAGE_ASSIGN(found, folder_.stat(output.path));
    }
    const RestoreAction action = found ? compare(output, *found) : RestoreAction::write;
    if (action == RestoreAction::keep) return action;
    if (input_.only == nullptr && owners_.is_left_to_later(input_.outputs.from_root(output.path), found))
      return RestoreAction::leave;
    if (action == RestoreAction::set_mode || !found) return action;
    if (found->is_directory() && output.kind != OutputKind::directory) {
      STILLAGE_TRY(plan_to_remove_folder(output.path));
      return action;
    }
    if (!found->is_regular() && !found->is_symlink() && !found->is_directory())
      return in_the_way(output.path, "is a device, socket or pipe");
    if (!removal_.allows_overwriting(output.path, *found))
      return in_the_way(output.path, "was made by somebody else");
    if (output.kind == OutputKind::directory) plan_.remove.push_back(output.path);
    return action;
  }

  RestoreAction compare(const Output& output, const os::FileStat& stat) {
    if (kind_of(stat) != output.kind || (!stat.is_regular() && output.kind == OutputKind::file))
      return RestoreAction::write;
    if (output.kind == OutputKind::symlink)
      return has_text(output) ? RestoreAction::keep : RestoreAction::write;
    if (output.kind == OutputKind::file && !has_content(output, stat)) return RestoreAction::write;
    return (stat.mode & 07777) == output.mode ? RestoreAction::keep : RestoreAction::set_mode;
  }

  bool has_text(const Output& output) const {
    const auto dir = folder_.open_folder(os::parent_path(output.path));
    const auto text = dir ? os::read_link_at(dir->get(), std::string(os::file_name(output.path)))
                          : tl::make_unexpected(dir.error());
    return text && *text == output.link;
  }

  bool has_content(const Output& output, const os::FileStat& stat) const {
    if (stat.size != output.size) return false;
    if (input_.ours) {
      const OutputRecord* const record = input_.ours->find(output.path);
      if (record != nullptr && input_.ours->is_unchanged(*record, stat))
        return record->digest == output.digest;
    }
    const auto digest = digest_file(folder_, output.path);
    return digest && *digest == output.digest;
  }

  /// A folder where a file or link has to go: only if everything in it may go.
  Status plan_to_remove_folder(const std::string& top) {
    std::vector<std::string> waiting = {top};
    while (!waiting.empty()) {
      const std::string path = std::move(waiting.back());
      waiting.pop_back();
      plan_.remove_folders.push_back(path);
      STILLAGE_ASSIGN(const os::Fd dir, folder_.open_folder(path));
      STILLAGE_ASSIGN(const auto names, os::list_dir(dir.get()));
      for (const os::DirEntry& name : names) {
        std::string child = os::join_path(path, name.name);
        STILLAGE_ASSIGN(const auto stat, os::stat_at(dir.get(), name.name));
        if (!stat) continue;
        if (stat->is_directory()) {
          waiting.push_back(std::move(child));
        } else if (removal_.allows(child, *stat)) {
          plan_.remove.push_back(std::move(child));
        } else {
          return in_the_way(child, "was not made by this target");
        }
      }
    }
    return {};
  }

  Status find_stale() {
    const auto consider = [&](const std::string& path, const os::FileStat& stat,
                              std::vector<std::string>& list) {
      if (is_output(path)) return;
      if (removal_.allows(path, stat))
        list.push_back(path);
      else if (!plan_.kept_stale && !removal_.is_tracked(path) &&
               !owners_.others_have(input_.outputs.from_root(path)))
        plan_.kept_stale = FoundPath{path, stat};
    };
    for (const FoundPath& found : plan_.scan.entries) consider(found.path, found.stat, plan_.remove);
    for (const FoundPath& found : plan_.scan.empty_folders)
      consider(found.path, found.stat, plan_.remove_folders);
    // Outputs from before the globs were changed lie outside of what was scanned.
    if (input_.ours) {
      for (const OutputRecord& record : input_.ours->outputs) {
        const std::string path(record.path);
        if (is_output(path) || is_below_absent(path) || find_path(plan_.scan.entries, path) != nullptr ||
            find_path(plan_.scan.empty_folders, path) != nullptr)
          continue;
        STILLAGE_ASSIGN(const auto stat, folder_.stat(path));
        if (stat && !stat->is_directory()) consider(path, *stat, plan_.remove);
      }
    }
    for (auto* list : {&plan_.remove, &plan_.remove_folders}) {
      std::sort(list->begin(), list->end());
      list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    return {};
  }

  void find_staged() {
    const std::vector<Output>& outputs = input_.manifest.outputs;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const std::string& path = outputs[i].path;
      const std::size_t slash = path.find('/');
      if (slash == std::string::npos || plan_.actions[i] != RestoreAction::write) continue;
      const std::string_view top = std::string_view(path).substr(0, slash);
      const auto way = ways_.find(top);
      // What is planned to be removed is still there.
      if (way != ways_.end() && way->second == Way::absent &&
          std::find(plan_.remove.begin(), plan_.remove.end(), top) == plan_.remove.end())
        plan_.staged.emplace(top);
    }
  }

  bool makes_everything_anew() const {
    const OutputScan& scan = plan_.scan;
    if (!scan.entries.empty() || !scan.empty_folders.empty() || !scan.folders.empty()) return false;
    if (!plan_.remove.empty() || !plan_.remove_folders.empty()) return false;
    const std::vector<Output>& outputs = input_.manifest.outputs;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const std::string_view path = outputs[i].path;
      if (plan_.actions[i] != RestoreAction::write || !plan_.staged.contains(path.substr(0, path.find('/'))))
        return false;
    }
    return !outputs.empty();
  }

  tl::unexpected<Error> in_the_way(std::string_view path, std::string_view why) const {
    return fail(
        ErrorKind::invalid,
        fmt::format("{} is in the way of an output and {}: remove it, or take it out of the outputs of {}",
                    base::printable(input_.outputs.from_root(path)), why, input_.manifest.target));
  }

  const PlanInput& input_;
  PackageFolder& folder_;
  Owners& owners_;
  Removal& removal_;
  RestorePlan plan_;
  std::map<std::string, Way, std::less<>> ways_;
};

}  // namespace

bool RestorePlan::changes_anything() const {
  return !remove.empty() || !remove_folders.empty() ||
         std::any_of(actions.begin(), actions.end(), [](RestoreAction action) {
           return action == RestoreAction::write || action == RestoreAction::set_mode;
         });
}

Result<RestorePlan> plan_restore(const PlanInput& input, PackageFolder& folder, Owners& owners,
                                 Removal& removal) {
  return Planner(input, folder, owners, removal).run();
}

}  // namespace stillage::cache
