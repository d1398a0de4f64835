// SPDX-License-Identifier: MIT
#include "hasher/package_tree.h"

#include <algorithm>

#include "glob/pattern_list.h"
#include "hasher/package_trie.h"
#include "os/path.h"

namespace stillage::hasher {

PackageTree::PackageTree(const std::vector<std::string>& dirs, const std::vector<std::string_view>& paths)
    : paths_(paths) {
  PackageTrie trie;
  for (const std::string& dir : dirs) trie.add_package(dir);
  for (std::uint32_t i = 0; i < paths_.size(); ++i) {
    const std::string_view package = trie.package_of(paths_[i]);
    auto files = by_package_.find(package);
    if (files == by_package_.end()) files = by_package_.emplace(std::string(package), Files()).first;
    files->second.push_back(i);
  }
}

Result<const PackageTree::Files*> PackageTree::select(const std::string& dir,
                                                      const std::vector<std::string>& patterns) {
  auto [selected, is_new] = selected_.try_emplace({dir, patterns});
  if (!is_new) return &selected->second;
  const auto files = by_package_.find(dir);
  if (files == by_package_.end() || patterns.empty()) return &selected->second;
  std::vector<std::string> from_root;
  for (const std::string& pattern : patterns) from_root.push_back(package_pattern(dir, pattern));
  const auto list = glob::PatternList::compile(from_root, {}, glob::OnlyNegated::everything);
  if (!list) {
    selected_.erase(selected);
    return tl::make_unexpected(list.error());
  }
  std::copy_if(files->second.begin(), files->second.end(), std::back_inserter(selected->second),
               [&](std::uint32_t file) { return list->matches(paths_[file]); });
  return &selected->second;
}

std::string package_pattern(const std::string& dir, const std::string& pattern) {
  const std::string_view mark = pattern.starts_with('!') ? "!" : "";
  const std::string glob = pattern.substr(mark.size());
  const std::string joined = dir.empty() || glob.empty() ? dir + glob : dir + '/' + glob;
  std::string path = os::normalise_path(joined);
  if (path.empty()) path = ".";
  if (joined.ends_with('/') && path != "/") path += '/';
  return std::string(mark) + base::replace_all(path, "\\", "/");
}

}  // namespace stillage::hasher
