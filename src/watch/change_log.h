// SPDX-License-Identifier: MIT
#pragma once
// Which paths have changed, in the order of their last changes. Times are numbers that only grow.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"

namespace stillage::watch {

class ChangeLog {
 public:
  /// Forgets what changed longest ago when there are more paths than that.
  explicit ChangeLog(std::size_t most_paths) : most_paths_(most_paths) {}

  /// A time later than all before.
  std::uint64_t tick() { return ++now_; }
  std::uint64_t now() const { return now_; }
  /// Takes down a change that happens now.
  void add(std::string_view path);

  struct Since {
    /// False: something of that time has been forgotten, so that nothing is known.
    bool is_known = true;
    bool is_cut = false;  ///< there are more than was asked for
    std::vector<std::string> paths;
  };
  /// What changed after `time`, `at_most` paths of it.
  Since since(std::uint64_t time, std::size_t at_most) const;

 private:
  std::size_t most_paths_;
  std::uint64_t now_ = 0;
  std::uint64_t forgotten_ = 0;  ///< changes until then are not all known
  std::map<std::uint64_t, std::string> by_time_;
  base::StringMap<std::uint64_t> by_path_;
};

}  // namespace stillage::watch
