// SPDX-License-Identifier: MIT
#pragma once
// What the files and folders of one tree look like, as somebody knows who is told of every change: a look at
// one of them need not ask the disk. Nothing is known unless somebody said it of that tree, and nothing any
// more from the moment on at which this process may change the tree, or starts a program that may.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/stat.h"

namespace stillage::os {

/// One look: a path relative to the tree's root ("" is the root), and what was there, final links not looked
/// through.
struct Look {
  std::string_view path;
  FileStat stat;
};

/// The bytes of a table for KnownLooks (docs/formats/watch.md). In any order; of a path the first look
/// counts.
std::string table_of_looks(std::vector<Look> looks);

class KnownLooks {
 public:
  /// Nothing if the bytes are no table; they stay whoever's they are.
  static std::optional<KnownLooks> parse(std::string_view table);

  /// The path has changed: neither it nor the folder around it, nor anything below it, is known any more.
  void forget(std::string_view path);
  /// Nothing if it is not known.
  std::optional<FileStat> find(std::string_view path) const;
  std::size_t size() const { return count_; }

 private:
  KnownLooks() = default;
  std::optional<std::size_t> index_of(std::string_view path) const;
  std::string_view path_of(std::size_t index) const;
  std::size_t first_not_before(std::string_view path) const;
  bool is_forgotten(std::size_t index) const;

  std::string_view records_, slots_, texts_;
  std::size_t count_ = 0;
  std::vector<std::pair<std::size_t, std::size_t>> forgotten_;  ///< from, to
};

/// The looks at the tree below the absolute real path `root`, until forget_known_looks().
void set_known_looks(std::string root, std::shared_ptr<const KnownLooks> looks);
/// From now on, everything is looked at. From any thread; at once for those looks that begin later.
void forget_known_looks();

/// Those that this process has of one tree: asks for them anew at each look.
class KnownTree {
 public:
  KnownTree() = default;
  explicit KnownTree(std::string_view root);
  std::optional<FileStat> find(std::string_view path) const;

 private:
  std::shared_ptr<const KnownLooks> looks_;
};

}  // namespace stillage::os
