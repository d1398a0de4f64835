// SPDX-License-Identifier: MIT
#include "git/plain_listing.h"

#include <algorithm>
#include <string_view>

#include "git/repository.h"
#include "git/walk.h"
#include "os/path.h"

namespace stillage::git {
namespace {

/// Where other repositories begin, each ending in '/', sorted.
std::vector<std::string> mounts_in(const WalkResult& walked) {
  std::vector<std::string> mounts;
  for (const auto& [path, dir] : walked.dirs)
    if (!dir.place->mount.empty()) mounts.push_back(dir.place->mount);
  std::sort(mounts.begin(), mounts.end());
  mounts.erase(std::unique(mounts.begin(), mounts.end()), mounts.end());
  return mounts;
}

bool lies_in(const std::vector<std::string>& mounts, std::string_view path) {
  return std::any_of(mounts.begin(), mounts.end(),
                     [&](const std::string& mount) { return path.starts_with(mount); });
}

/// The rules of the folder that each file lies in; files come sorted, mostly folder by folder.
class ConversionLookup {
 public:
  explicit ConversionLookup(const WalkResult& walked) : walked_(walked) {}

  bool may_convert(std::string_view path) {
    const std::string_view folder = os::parent_path(path);
    if (dir_ == nullptr || folder != folder_) {
      const auto found = walked_.dirs.find(folder);
      if (found == walked_.dirs.end()) return true;
      dir_ = &found->second;
      folder_ = folder;
    }
    return dir_->scope->may_convert(dir_->place->in_repository(path));
  }

 private:
  const WalkResult& walked_;
  const WalkedDir* dir_ = nullptr;
  std::string folder_;
};

bool leads_somewhere(const std::string& root, std::string_view path) {
  return os::exists(os::join_path(root, path));
}

}  // namespace

Result<PlainListing> list_plainly(const std::string& root) {
  STILLAGE_ASSIGN(WalkResult walked, walk(root));
  PlainListing listing;
  listing.has_git = walked.has_git;
  if (walked.has_git) {
    const auto repository = Repository::discover(root);
    listing.ids_need_git = !repository || repository->settings().object_format != ObjectFormat::sha1 ||
                           repository->settings().unknown_extension;
  }
  const std::vector<std::string> mounts = mounts_in(walked);
  ConversionLookup conversions(walked);
  listing.files.reserve(walked.files.size());
  for (ListedFile& file : walked.files) {
    if (!mounts.empty() && lies_in(mounts, file.path)) continue;
    if (file.stat.is_symlink() && !leads_somewhere(root, file.path)) continue;
    // Whether a link is the one of the last commit, so that the id of its text counts, is not in the index.
    const bool is_tracked_link = file.tracked && file.stat.is_symlink();
    listing.ids_need_git =
        listing.ids_need_git || is_tracked_link || (walked.has_git && conversions.may_convert(file.path));
    listing.files.push_back({.path = std::move(file.path), .clean_id = file.clean_id});
  }
  // Submodules, folders in the place of a tracked file, and files behind a link in the place of a folder.
  for (std::string& path : walked.missing) {
    if (lies_in(mounts, path) || !leads_somewhere(root, path)) continue;
    listing.ids_need_git = true;
    listing.files.push_back({.path = std::move(path)});
  }
  std::sort(listing.files.begin(), listing.files.end(),
            [](const PlainFile& a, const PlainFile& b) { return a.path < b.path; });
  return listing;
}

}  // namespace stillage::git
