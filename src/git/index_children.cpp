// SPDX-License-Identifier: MIT
#include "git/index_children.h"

#include <algorithm>

namespace stillage::git {
namespace {

bool by_key(const IndexChild& a, const IndexChild& b) {
  return a.key() < b.key();
}

std::string fold_key(std::string_view name, bool is_dir) {
  return base::to_lower(name) + (is_dir ? "/" : "");
}

}  // namespace

IndexRange entries_below(const Index& index, IndexRange range, std::string_view prefix) {
  const auto begin = index.entries().begin();
  const auto from = begin + static_cast<std::ptrdiff_t>(range.first);
  const auto to = begin + static_cast<std::ptrdiff_t>(range.last);
  const auto first =
      std::partition_point(from, to, [&](const IndexEntry& entry) { return entry.path < prefix; });
  const auto last = std::partition_point(
      first, to, [&](const IndexEntry& entry) { return entry.path.starts_with(prefix); });
  return {static_cast<std::size_t>(first - begin), static_cast<std::size_t>(last - begin)};
}

IndexChildren::IndexChildren(const Index& index, IndexRange range, std::size_t prefix_size,
                             LetterCase letter_case) {
  for (std::size_t i = range.first; i < range.last;) {
    const std::string_view path = index.entries()[i].path;
    const std::string_view rest = path.substr(prefix_size);
    const std::size_t slash = rest.find('/');
    std::size_t end = i + 1;
    if (slash != std::string_view::npos)
      end = entries_below(index, {i, range.last}, path.substr(0, prefix_size + slash + 1)).last;
    else
      while (end < range.last && index.entries()[end].path == path) ++end;
    all_.push_back({rest.substr(0, slash), slash != std::string_view::npos, {i, end}});
    i = end;
  }
  // Nearly in order: only "a-b" lies before "a/".
  std::sort(all_.begin(), all_.end(), by_key);
  if (letter_case == LetterCase::fold)
    for (std::size_t i = 0; i < all_.size(); ++i)
      folded_.try_emplace(fold_key(all_[i].name, all_[i].is_dir), i);
}

const IndexChild* IndexChildren::find(std::string_view name, bool is_dir) const {
  const IndexChild wanted{.name = name, .is_dir = is_dir, .entries = {}};
  const auto at = std::lower_bound(all_.begin(), all_.end(), wanted, by_key);
  return at != all_.end() && at->key() == wanted.key() ? &*at : nullptr;
}

const IndexChild* IndexChildren::find_folded(std::string_view name, bool is_dir) const {
  if (folded_.empty()) return nullptr;
  const auto at = folded_.find(fold_key(name, is_dir));
  return at == folded_.end() ? nullptr : &all_[at->second];
}

}  // namespace stillage::git
