// SPDX-License-Identifier: MIT
#include "glob/find_files.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "base/strings.h"
#include "glob/tree_task.h"
#include "os/dir.h"
#include "os/fd.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::glob {
namespace {

using Tasks = std::vector<const TreeTask*>;

/// Links to folders above make endless trees, which only the kernel's limit on links would end.
constexpr std::size_t kMaxEntries = 20'000'000;

/// The stat of what `path` leads to, or nothing. An error if a file stands where a folder has to be, as for
/// node's fs.stat.
Result<std::optional<os::FileStat>> stat_strictly(const std::string& path, std::string_view pattern) {
  const std::string plain = os::normalise_path(path);
  STILLAGE_ASSIGN(auto stat, os::stat_path(plain, os::Links::follow));
  const auto refuse = [&] { return os::io_error("look up pattern", base::printable(pattern), ENOTDIR); };
  if (stat) {
    if (!path.empty() && path.back() == '/' && !stat->is_directory()) return refuse();
    return stat;
  }
  for (std::string_view parent = os::parent_path(plain); !parent.empty(); parent = os::parent_path(parent)) {
    STILLAGE_ASSIGN(const auto found, os::stat_path(std::string(parent), os::Links::follow));
    if (found && !found->is_directory()) return refuse();
    if (found || parent == "/") break;
  }
  return stat;
}

/// `path` with everything beneath, if it names a folder.
Result<std::string> expand_folder(const std::string& root, const std::string& path) {
  if (path.find('\0') != std::string::npos)
    return fail(ErrorKind::invalid, "a pattern holds a NUL character");
  const std::string_view name = std::string_view(path).substr(path.substr(0, 1) == "!" ? 1 : 0);
  const std::string full = name.substr(0, 1) == "/" ? std::string(name) : root + '/' + std::string(name);
  STILLAGE_ASSIGN(const auto stat, stat_strictly(full, path));
  if (!stat || !stat->is_directory()) return path;
  const std::string folder = os::normalise_path(path);
  return folder.empty() ? "**" : folder == "/" ? "/**" : folder + "/**";
}

class TreeSearch {
 public:
  TreeSearch(const std::string& root, std::vector<std::string>& found) : root_(root), found_(found) {}

  Status look_up(const TreeTask& task) {
    for (const std::string& name : task.names()) {
      const std::string full = resolve(name);
      STILLAGE_ASSIGN(const auto stat, stat_strictly(full, name));
      if (stat && stat->is_regular() && task.accepts(name, full)) found_.push_back(name);
    }
    return {};
  }

  Status walk(const std::string& base, const Tasks& tasks) {
    const std::string start = resolve(base);
    if (start == "/")
      return fail(ErrorKind::invalid, "a pattern would walk the whole file system; make it relative");
    return enter(start, base == "." ? std::string() : base, tasks);
  }

 private:
  std::string resolve(const std::string& path) const {
    return os::normalise_path(path.substr(0, 1) == "/" ? path : root_ + '/' + path);
  }

  Status enter(const std::string& full, const std::string& dir, const Tasks& tasks) {
    auto entries = os::list_dir(full);
    if (!entries) {
      if (!os::exists(full)) return {};
      return fail(entries.error().kind, entries.error().message);
    }
    entries_seen_ += entries->size();
    if (entries_seen_ > kMaxEntries)
      return fail(ErrorKind::invalid,
                  "a pattern leads through more than 20 million files; is there a circle of links?");
    Tasks inner;
    for (const os::DirEntry& entry : *entries) {
      const std::string path = dir.empty()         ? entry.name
                               : dir.back() == '/' ? dir + entry.name
                                                   : dir + '/' + entry.name;
      const std::string full_entry = full + '/' + entry.name;
      os::FileKind kind = entry.kind;
      if (kind == os::FileKind::symlink) {
        const auto target = os::stat_path(full_entry, os::Links::follow);
        if (target && *target) kind = (*target)->kind();
      }
      if (kind == os::FileKind::regular) {
        const bool accepted = std::any_of(tasks.begin(), tasks.end(), [&](const TreeTask* task) {
          return task->accepts(path, full_entry);
        });
        if (accepted) found_.push_back(path);
      } else if (kind == os::FileKind::directory) {
        inner.clear();
        std::copy_if(tasks.begin(), tasks.end(), std::back_inserter(inner),
                     [&](const TreeTask* task) { return task->enters(path); });
        if (!inner.empty()) STILLAGE_TRY(enter(full_entry, path, inner));
      }
    }
    return {};
  }

  const std::string& root_;
  std::vector<std::string>& found_;
  std::size_t entries_seen_ = 0;
};

/// Runs all tasks; those that start from the same folder share one walk.
Result<std::vector<std::string>> run(const std::string& root, const std::vector<TreeTask>& tasks) {
  std::vector<std::string> found;
  TreeSearch search(root, found);
  std::map<std::string, Tasks> by_base;
  for (const TreeTask& task : tasks) {
    if (task.is_dynamic())
      by_base[task.base()].push_back(&task);
    else
      STILLAGE_TRY(search.look_up(task));
  }
  for (const auto& [base, group] : by_base) STILLAGE_TRY(search.walk(base, group));
  return found;
}

/// Whether the tasks of one glob may find a file both as "a" and as "./a", of which fast-glob keeps one.
bool spells_differently(const std::vector<TreeTask>& tasks) {
  bool dotted = false;
  bool plain = false;
  for (const TreeTask& task : tasks)
    for (const std::string& name : task.names()) (name.substr(0, 2) == "./" ? dotted : plain) = true;
  return dotted && plain;
}

}  // namespace

Result<std::vector<std::string>> find_files(const std::string& root, const std::vector<std::string>& patterns,
                                            TreeOptions options) {
  const std::string& ignore_root = options.working_dir.empty() ? root : options.working_dir;
  std::vector<TreeTask> tasks;
  std::vector<std::string> found;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    // Of equal patterns only the first one counts.
    const auto repeated = [&](std::size_t index) {
      const auto here = patterns.begin() + static_cast<std::ptrdiff_t>(index);
      return std::find(patterns.begin(), here, patterns[index]) != here;
    };
    if (patterns[i].substr(0, 1) == "!" || repeated(i)) continue;
    std::vector<std::string> ignored;
    for (std::size_t later = i + 1; later < patterns.size(); ++later) {
      if (patterns[later].substr(0, 1) != "!" || repeated(later)) continue;
      STILLAGE_ASSIGN(std::string expanded, expand_folder(ignore_root, patterns[later].substr(1)));
      ignored.push_back(std::move(expanded));
    }
    STILLAGE_ASSIGN(const std::string glob, expand_folder(root, patterns[i]));
    STILLAGE_ASSIGN(std::vector<TreeTask> planned, TreeTask::plan(glob, ignored, options.dot));
    if (spells_differently(planned)) {
      STILLAGE_ASSIGN(std::vector<std::string> some, run(root, planned));
      const std::set<std::string> plain(some.begin(), some.end());
      for (std::string& path : some)
        if (path.substr(0, 2) != "./" || plain.count(path.substr(2)) == 0) found.push_back(std::move(path));
    } else {
      std::move(planned.begin(), planned.end(), std::back_inserter(tasks));
    }
  }
  STILLAGE_ASSIGN(std::vector<std::string> others, run(root, tasks));
  std::move(others.begin(), others.end(), std::back_inserter(found));
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace stillage::glob
