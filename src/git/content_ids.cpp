// SPDX-License-Identifier: MIT
#include "git/content_ids.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "git/git_command.h"
#include "git/repository.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::git {
namespace {

using Ids = base::StringMap<std::string>;

constexpr std::size_t kSha1Digits = 40;
/// Of the arguments of one `git hash-object`, far below what the kernel takes.
constexpr std::size_t kMostArgumentBytes = 256 * 1024;

/// "100644 blob <id>\t<path>", each ended by NUL. Ids of a SHA-256 repository tell nothing of our digests.
void read_tree(std::string_view listing, Ids& ids) {
  for (const std::string_view line : base::split(listing, '\0')) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    const std::size_t space = line.rfind(' ', tab);
    const std::string_view id = line.substr(space + 1, tab - space - 1);
    if (id.size() == kSha1Digits) ids.insert_or_assign(std::string(line.substr(tab + 1)), std::string(id));
  }
}

/// What git status says of one path; of several lines for one path the last counts.
struct Change {
  std::string path;
  bool deleted = false;
};

/// "XY <path>", each ended by NUL, with the old path of renames and copies behind a further NUL. Paths start
/// at the repository's top.
std::vector<Change> read_status(std::string_view status, std::string_view below) {
  std::vector<Change> changes;
  base::StringMap<std::size_t> places;
  const auto lines = base::split(status, '\0');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (line.size() < 4) continue;
    const char staged = line[0];
    const char in_tree = line[1];
    if (staged == 'R' || staged == 'C' || in_tree == 'R' || in_tree == 'C') ++i;
    const std::string_view full = line.substr(3);
    if (!full.starts_with(below)) continue;
    Change change{std::string(full.substr(below.size())),
                  in_tree == 'D' || (staged == 'D' && in_tree == ' ')};
    const auto [place, is_new] = places.try_emplace(change.path, changes.size());
    if (is_new)
      changes.push_back(std::move(change));
    else
      changes[place->second] = std::move(change);
  }
  return changes;
}

bool is_readable_file(const std::string& path) {
  const auto stat = os::stat_path(path, os::Links::follow);
  return stat && *stat && (*stat)->is_regular();
}

/// Asks for the ids of `paths`; if that fails as a whole, of each alone, so that one bad file spoils none.
void digest(const std::string& root, const std::vector<std::string>& paths, Ids& ids) {
  std::vector<std::string> arguments{"hash-object", "--"};
  for (const std::string& path : paths) arguments.push_back(os::join_path(root, path));
  const auto output = ask_git(root, arguments);
  const auto lines = output ? base::split(base::trim(*output), '\n') : std::vector<std::string_view>();
  if (lines.size() == paths.size()) {
    for (std::size_t i = 0; i < paths.size(); ++i) ids.insert_or_assign(paths[i], std::string(lines[i]));
  } else if (paths.size() == 1) {
    ids.erase(paths.front());
  } else {
    for (const std::string& path : paths) digest(root, {path}, ids);
  }
}

void digest_in_batches(const std::string& root, const std::vector<std::string>& paths, Ids& ids) {
  std::vector<std::string> batch;
  std::size_t bytes = 0;
  for (const std::string& path : paths) {
    bytes += root.size() + path.size() + 2;
    batch.push_back(path);
    if (bytes < kMostArgumentBytes) continue;
    digest(root, batch, ids);
    batch.clear();
    bytes = 0;
  }
  if (!batch.empty()) digest(root, batch, ids);
}

}  // namespace

Result<Ids> content_ids(const std::string& root) {
  const auto repository = Repository::discover(root);
  if (!repository) return fail(ErrorKind::invalid, root + " is in no git repository");
  std::string below(os::path_below(root, repository->top()).value_or(""));
  if (!below.empty()) below += '/';

  Ids ids;
  // Fails where there is no commit yet; all files are new then.
  if (const auto tree = ask_git(root, {"ls-tree", "-r", "-z", "HEAD"})) read_tree(*tree, ids);
  STILLAGE_ASSIGN(const std::string status,
                  ask_git(root, {"-c", "status.branch=false", "-c", "status.showStash=false", "status", "-s",
                                 "-z", "--untracked-files=all", "."}));
  std::vector<std::string> changed;
  for (const Change& change : read_status(status, below)) {
    if (change.deleted || !is_readable_file(os::join_path(root, change.path)))
      ids.erase(change.path);
    else
      changed.push_back(change.path);
  }
  digest_in_batches(root, changed, ids);
  return ids;
}

}  // namespace stillage::git
