// SPDX-License-Identifier: MIT
#pragma once
// One folder of an index: what it has of each name right in there. The index itself is a flat list of paths.

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/strings.h"
#include "git/index.h"

namespace stillage::git {

/// A part of an index's entries, by place.
struct IndexRange {
  std::size_t first = 0;
  std::size_t last = 0;

  bool empty() const { return first == last; }
};

/// The entries of `range` whose paths start with `prefix`.
IndexRange entries_below(const Index& index, IndexRange range, std::string_view prefix);

/// One name in a folder: a file's entries (one for each stage of a merge), or those below a folder.
struct IndexChild {
  std::string_view name;
  bool is_dir = false;
  IndexRange entries;

  auto key() const { return std::tie(name, is_dir); }
};

/// All names in a folder. Lives no longer than the index.
class IndexChildren {
 public:
  /// `range`: the entries below the folder, whose paths start with `prefix_size` bytes for it.
  IndexChildren(const Index& index, IndexRange range, std::size_t prefix_size, LetterCase letter_case);

  const IndexChild* find(std::string_view name, bool is_dir) const;
  /// Another spelling of the name, where core.ignorecase takes it for the same.
  const IndexChild* find_folded(std::string_view name, bool is_dir) const;

 private:
  std::vector<IndexChild> all_;
  base::StringMap<std::size_t> folded_;  ///< empty unless letters are folded
};

}  // namespace stillage::git
