// SPDX-License-Identifier: MIT
#include "hasher/package_tree.h"

#include <algorithm>

#include "glob/pattern_list.h"
#include "os/path.h"

namespace stillage::hasher {
namespace {

/// Folders of packages and those on the way to them.
class Trie {
 public:
  void add_package(std::string_view dir) {
    Node* node = &root_;
    for (const std::string_view name : base::split(dir, '/')) node = &node->children[std::string(name)];
    node->is_package = true;
  }

  /// The package's folder, "" where there is none.
  std::string_view package_of(std::string_view path) const {
    const Node* node = &root_;
    std::string_view package;
    for (std::size_t start = 0; start <= path.size();) {
      const std::size_t slash = std::min(path.find('/', start), path.size());
      const auto child = node->children.find(path.substr(start, slash - start));
      if (child == node->children.end()) break;
      node = &child->second;
      if (node->is_package) package = path.substr(0, slash);
      start = slash + 1;
    }
    return package;
  }

 private:
  struct Node {
    base::StringMap<Node> children = {};
    bool is_package = false;
  };
  Node root_;
};

}  // namespace

PackageTree::PackageTree(const std::vector<std::string>& dirs, const std::vector<std::string_view>& paths)
    : paths_(paths) {
  Trie trie;
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
