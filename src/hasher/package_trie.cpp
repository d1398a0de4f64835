// SPDX-License-Identifier: MIT
#include "hasher/package_trie.h"

#include <algorithm>

#include "workspace/compat_lock.h"

namespace stillage::hasher {

void PackageTrie::add_package(std::string_view dir) {
  Node* node = &root_;
  for (const std::string_view name : base::split(dir, '/')) node = &node->children[std::string(name)];
  node->is_package = true;
}

std::string_view PackageTrie::package_of(std::string_view path) const {
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

std::string_view PackageTrie::folder_of(std::string_view path) const {
  static const Node kMember;
  const Node* node = &root_;
  std::string_view folder;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t slash = std::min(path.find('/', start), path.size());
    const std::string_view name = path.substr(start, slash - start);
    if (const auto child = node->children.find(name); child != node->children.end())
      node = &child->second;
    else if (workspace::is_object_member(name))
      node = &kMember;
    else
      break;
    folder = path.substr(0, slash);
    start = slash + 1;
  }
  return folder;
}

}  // namespace stillage::hasher
