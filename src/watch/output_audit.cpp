// SPDX-License-Identifier: MIT
#include "watch/output_audit.h"

#include <algorithm>
#include <set>

#include "glob/find_files.h"
#include "glob/pattern_list.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::watch {
namespace {

std::string repository_around(const std::string& package_root) {
  for (std::string_view dir = package_root; !dir.empty(); dir = os::parent_path(dir)) {
    if (os::exists(os::join_path(dir, ".git"))) return std::string(dir);
    if (dir == "/") break;
  }
  return package_root;
}

/// The globs for paths that are no longer there: a name may have been that of a folder.
Result<glob::PatternList> past_outputs(const std::vector<std::string>& globs) {
  std::vector<std::string> all;
  for (const std::string& glob : globs) {
    all.push_back(glob);
    all.push_back(os::join_path(glob, "**"));
  }
  return glob::PatternList::compile(all, {.dot = true, .posix_negation = true});
}

}  // namespace

OutputAudit::OutputAudit(Scope scope)
    : scope_(std::move(scope)),
      root_(repository_around(scope_.package_root)),
      ignored_{{".git", ".cache"}, scope_.ignored_folders},
      before_(TreeSnapshot::take(root_, ignored_)) {}

Result<std::vector<ChangedPath>> OutputAudit::changes_outside() const {
  const TreeSnapshot after = TreeSnapshot::take(root_, ignored_);
  STILLAGE_ASSIGN(const auto found, glob::find_files(scope_.package_root, scope_.output_glob,
                                                     {.dot = true, .working_dir = {}}));
  STILLAGE_ASSIGN(const auto past, past_outputs(scope_.output_glob));
  std::set<std::string, std::less<>> outputs;
  for (const std::string& file : found) outputs.insert(os::normalise_path(file));
  const auto leads_to_ignored = [&](const std::string& path) {
    return std::any_of(scope_.ignored_folders.begin(), scope_.ignored_folders.end(),
                       [&](const std::string& folder) { return os::path_below(folder, path).has_value(); });
  };
  const auto is_expected = [&](const ChangedPath& changed) {
    const std::string path = os::join_path(root_, changed.path);
    if (changed.change == Change::add_dir && leads_to_ignored(path)) return true;
    const auto below = os::path_below(path, scope_.package_root);
    if (!below) return false;
    switch (changed.change) {
      case Change::add:
      case Change::change:
        return outputs.count(*below) > 0;
      case Change::add_dir: {
        const auto first = outputs.lower_bound(std::string(*below) + '/');
        return past.matches(*below) ||
               (first != outputs.end() && first->starts_with(std::string(*below) + '/'));
      }
      case Change::unlink:
      case Change::unlink_dir:
        return past.matches(*below);
    }
    return false;
  };
  std::vector<ChangedPath> outside;
  for (ChangedPath& changed : before_.changes_until(after))
    if (!is_expected(changed)) outside.push_back(std::move(changed));
  return outside;
}

}  // namespace stillage::watch
