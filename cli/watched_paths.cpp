// SPDX-License-Identifier: MIT
#include "watched_paths.h"

#include <fcntl.h>

#include <algorithm>

#include "cache/snapshots.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::cli {
namespace {

constexpr std::size_t kMostLookedAt = 1'000;
constexpr int kMostLinks = 40;

bool has_segment(std::string_view path, std::string_view name) {
  const auto segments = base::split(path, '/');
  return std::find(segments.begin(), segments.end(), name) != segments.end();
}

class Gatherer {
 public:
  Gatherer(const Session& session, const std::string& entries_folder)
      : session_(session),
        root_(session.checkout().workspace.root),
        state_folder_(session.checkout().state_folder),
        entries_folder_(entries_folder),
        found_{.list = watch::WatchListBuilder(
                   {root_, state_folder_ + "/snapshots", state_folder_ + "/running", entries_folder}),
               .looked_at = {root_, state_folder_, state_folder_ + "/snapshots", state_folder_ + "/running",
                             entries_folder}} {}

  std::optional<WatchedPaths> gather(const os::Witnessed& witnessed) {
    if (witnessed.is_partial) return std::nullopt;
    add_listed();
    add_outputs();
    const auto& files = session_.checkout().listing().files();
    const bool is_complete =
        std::all_of(files.begin(), files.end(),
                    [&](const git::ListedFile& file) {
                      return !file.stat.is_symlink() || add_link(os::join_path(root_, file.path));
                    }) &&
        std::all_of(witnessed.folders.begin(), witnessed.folders.end(),
                    [&](const std::string& folder) { return add_opened(folder); });
    if (!is_complete) return std::nullopt;
    for (const std::string& path : witnessed.paths) add_asked(path);
    found_.list.add_folder(state_folder_ + "/snapshots");
    found_.list.add_folder(state_folder_ + "/running");
    if (found_.looked_at.size() > kMostLookedAt) return std::nullopt;
    return std::move(found_);
  }

 private:
  void add_listed() {
    for (const std::string& folder : session_.checkout().listing().folders())
      found_.list.add_folder(os::join_path(root_, folder));
    for (const git::ListedFile& file : session_.checkout().listing().files())
      found_.list.add_file(os::join_path(root_, file.path));
  }

  /// Outputs and entries of all targets.
  void add_outputs() {
    cache::Snapshots snapshots(state_folder_);
    for (const graph::Node& node : session_.graph().nodes) {
      const auto package = os::path_below(node.target.cwd, root_);
      if (!node.has_command || !package) continue;
      const auto snapshot = snapshots.find(std::string(*package), node.target.id);
      if (!snapshot) continue;
      for (const cache::OutputRecord& output : snapshot->outputs) {
        const std::string path = os::join_path(node.target.cwd, output.path);
        if (output.kind == archive::OutputKind::directory)
          found_.list.add_folder(path);
        else
          found_.list.add_file(path);
      }
      for (const cache::FolderRecord& folder : snapshot->folders)
        found_.list.add_folder(os::join_path(node.target.cwd, folder.path));
      found_.list.add_folder(os::join_path(entries_folder_, std::string_view(snapshot->key).substr(0, 2)));
    }
  }

  /// What a link stands for, step by step: whatever is asked for a name on the way. False where the way leads
  /// out of the checkout, or nowhere.
  bool add_link(const std::string& link) {
    std::vector<std::string> rest;
    const auto push = [&rest](std::string_view path) {
      const auto segments = base::split(path, '/');
      for (auto at = segments.rbegin(); at != segments.rend(); ++at)
        if (!at->empty() && *at != ".") rest.emplace_back(*at);
    };
    push(*os::path_below(link, root_));
    std::string here = root_;
    for (int links = 0; !rest.empty();) {
      const std::string name = std::move(rest.back());
      rest.pop_back();
      if (name == "..") {
        here = os::parent_path(here);
        if (!os::path_below(here, root_)) return false;
        continue;
      }
      found_.list.add_folder(here);
      const std::string path = os::join_path(here, name);
      const auto stat = os::stat_path(path);
      if (!stat || !*stat) return false;
      if (!(*stat)->is_symlink()) {
        here = path;
        continue;
      }
      const auto text = os::read_link_at(AT_FDCWD, path);
      if (!text || text->starts_with('/') || ++links > kMostLinks) return false;
      push(*text);
    }
    return add_all(here, 0);
  }

  /// A file, or a folder with all that a key may have of it.
  bool add_all(const std::string& path, int depth) {
    const auto stat = os::stat_path(path);
    if (!stat || !*stat) return false;
    if (!(*stat)->is_directory()) {
      found_.list.add_file(path);
      return true;
    }
    found_.list.add_folder(path);
    const auto names = os::list_dir(path);
    if (!names || depth > 100) return false;
    return std::all_of(names->begin(), names->end(), [&](const os::DirEntry& name) {
      return name.name == "node_modules" || name.name == ".git" ||
             add_all(os::join_path(path, name.name), depth + 1);
    });
  }

  /// A folder that was opened, and may have been listed.
  bool add_opened(const std::string& folder) {
    if (found_.list.has_folder(folder)) return true;
    if (!found_.list.covers(folder) || has_segment(folder, ".git")) return folder == root_;
    found_.list.add_folder(folder);
    const auto names = os::list_dir(folder);
    if (!names) return false;
    for (const os::DirEntry& name : *names)
      if (name.kind != os::FileKind::directory) found_.list.add_file(os::join_path(folder, name.name));
    return true;
  }

  /// A path that the system was asked about.
  void add_asked(const std::string& path) {
    const bool is_apart = has_segment(path, ".git") || has_segment(path, "node_modules");
    if (path == root_ || is_apart || !found_.list.covers(path))
      found_.looked_at.push_back(path);
    else
      found_.list.add_folder(os::parent_path(path));
  }

  const Session& session_;
  const std::string& root_;
  const std::string& state_folder_;
  const std::string& entries_folder_;
  WatchedPaths found_;
};

}  // namespace

std::optional<WatchedPaths> watched_paths(const Session& session, const os::Witnessed& witnessed,
                                          const std::string& entries_folder) {
  return Gatherer(session, entries_folder).gather(witnessed);
}

}  // namespace stillage::cli
