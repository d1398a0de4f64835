// SPDX-License-Identifier: MIT
#include "cache/output_scan.h"

#include <algorithm>

#include "base/clock.h"
#include "base/strings.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

class Scanner {
 public:
  Scanner(PackageFolder& folder, const TargetOutputs& outputs) : folder_(folder), outputs_(outputs) {}

  Result<OutputScan> run() {
    scan_.started_ns = base::now_ns();
    for (const OutputBase& base : outputs_.bases()) STILLAGE_TRY(start(base));
    while (!waiting_.empty()) {
      const std::string path = std::move(waiting_.back());
      waiting_.pop_back();
      STILLAGE_TRY(read(path));
    }
    const auto by_path = [](const FoundPath& a, const FoundPath& b) { return a.path < b.path; };
    std::sort(scan_.entries.begin(), scan_.entries.end(), by_path);
    std::sort(scan_.empty_folders.begin(), scan_.empty_folders.end(), by_path);
    std::sort(scan_.folders.begin(), scan_.folders.end(), by_path);
    // Two bases may share the way to them.
    const auto same = [](const FoundPath& a, const FoundPath& b) { return a.path == b.path; };
    scan_.folders.erase(std::unique(scan_.folders.begin(), scan_.folders.end(), same), scan_.folders.end());
    for (auto* names : {&scan_.absent, &scan_.special, &scan_.temporary}) {
      std::sort(names->begin(), names->end());
      names->erase(std::unique(names->begin(), names->end()), names->end());
    }
    return std::move(scan_);
  }

 private:
  /// Walks from the package to where a glob begins.
  Status start(const OutputBase& base) {
    std::string path;
    const auto segments = base.path.empty() ? std::vector<std::string_view>() : base::split(base.path, '/');
    for (std::size_t i = 0; i < segments.size(); ++i) {
      path = os::join_path(path, segments[i]);
      const bool is_last = i + 1 == segments.size();
      STILLAGE_ASSIGN(const auto stat, folder_.stat(path));
      if (!stat) {
        scan_.absent.push_back(path);
        return {};
      }
      if (stat->is_directory()) {
        if (!is_last) scan_.folders.push_back({path, *stat});
      } else if (is_last && base.is_exact) {
        add(path, *stat);
        return {};
      } else if (stat->is_symlink()) {
        STILLAGE_TRY(folder_.follow(path));
      } else {
        scan_.folders.push_back({path, *stat});
        return {};
      }
    }
    waiting_.push_back(path);
    return {};
  }

  Status read(const std::string& path) {
    auto fd = folder_.open_folder(path);
    if (!fd) {
      // Gone since it was listed: then there is nothing in it.
      STILLAGE_ASSIGN(const auto stat, folder_.stat(path));
      if (!stat || !stat->is_directory()) return {};
      return tl::make_unexpected(std::move(fd).error());
    }
    STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(fd->get()));
    STILLAGE_ASSIGN(const auto names, os::list_dir(fd->get()));
    bool is_empty = true;
    for (const os::DirEntry& name : names) {
      std::string child = os::join_path(path, name.name);
      if (os::is_temp_name(name.name)) {
        scan_.temporary.push_back(std::move(child));
        continue;
      }
      is_empty = false;
      if (name.name == ".git") continue;
      if (name.kind == os::FileKind::directory) {
        if (name.name != "node_modules" && outputs_.may_match_below(child))
          waiting_.push_back(std::move(child));
      } else if (outputs_.matches(child)) {
        STILLAGE_ASSIGN(const auto found, os::stat_at(fd->get(), name.name));
        if (found) add(child, *found);
      }
    }
    if (is_empty && !path.empty() && outputs_.matches(path)) scan_.empty_folders.push_back({path, stat});
    scan_.folders.push_back({path, stat});
    return {};
  }

  void add(const std::string& path, const os::FileStat& stat) {
    if (!outputs_.matches(path)) return;
    if (stat.is_regular() || stat.is_symlink())
      scan_.entries.push_back({path, stat});
    else if (!stat.is_directory())
      scan_.special.push_back(path);
  }

  PackageFolder& folder_;
  const TargetOutputs& outputs_;
  OutputScan scan_;
  std::vector<std::string> waiting_;
};

}  // namespace

Result<OutputScan> scan_outputs(PackageFolder& folder, const TargetOutputs& outputs) {
  return Scanner(folder, outputs).run();
}

const FoundPath* find_path(const std::vector<FoundPath>& sorted, std::string_view path) {
  const auto at =
      std::lower_bound(sorted.begin(), sorted.end(), path,
                       [](const FoundPath& found, std::string_view wanted) { return found.path < wanted; });
  return at != sorted.end() && at->path == path ? &*at : nullptr;
}

}  // namespace stillage::cache
