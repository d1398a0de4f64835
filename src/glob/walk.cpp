// SPDX-License-Identifier: MIT
#include "glob/walk.h"

#include <algorithm>

#include "os/dir.h"
#include "os/path.h"

namespace stillage::glob {
namespace {

class Walk {
 public:
  Walk(const std::string& root, const PatternList& list, Directories directories)
      : root_(root), list_(list), directories_(directories) {
    for (const char* const name : {".git", "node_modules"})
      if (!list.names(name)) shunned_.emplace_back(name);
  }

  Status enter(const std::string& dir) {
    const std::string path = dir.empty() ? root_ : root_ + '/' + dir;
    auto entries = os::list_dir(path);
    if (!entries) {
      // Folders may vanish while we walk.
      STILLAGE_ASSIGN(const auto stat, os::stat_path(path, os::Links::keep));
      if (!stat || !stat->is_directory()) return {};
      return fail(entries.error().kind, entries.error().message);
    }
    for (const os::DirEntry& entry : *entries) {
      std::string name = dir.empty() ? entry.name : dir + '/' + entry.name;
      const bool is_folder = entry.kind == os::FileKind::directory;
      const bool wanted = !is_folder || directories_ == Directories::report;
      if (wanted && list_.matches(name)) found_.push_back({name, entry.kind});
      if (is_folder && !shuns(entry.name) && list_.may_match_below(name)) STILLAGE_TRY(enter(name));
    }
    return {};
  }

  std::vector<FoundEntry> take() {
    std::sort(found_.begin(), found_.end(),
              [](const FoundEntry& a, const FoundEntry& b) { return a.path < b.path; });
    return std::move(found_);
  }

 private:
  bool shuns(const std::string& name) const {
    return std::find(shunned_.begin(), shunned_.end(), name) != shunned_.end();
  }

  const std::string& root_;
  const PatternList& list_;
  Directories directories_;
  std::vector<std::string> shunned_;
  std::vector<FoundEntry> found_;
};

}  // namespace

Result<std::vector<FoundEntry>> walk(const std::string& root, const PatternList& list,
                                     Directories directories, std::string_view base) {
  const std::string start = os::normalise_path(base);
  Walk walk(root, list, directories);
  if (!start.empty()) {
    STILLAGE_ASSIGN(const auto stat, os::stat_path(os::join_path(root, start), os::Links::keep));
    if (!stat || !stat->is_directory()) return std::vector<FoundEntry>{};
  }
  if (list.may_match_below(start)) STILLAGE_TRY(walk.enter(start));
  return walk.take();
}

}  // namespace stillage::glob
