// SPDX-License-Identifier: MIT
#pragma once
// One walk as fast-glob 3.3.3 plans it: globs to match, globs to ignore, a folder to start from, and which
// folders to enter. Pure; find_files.h does the walking.

#include <string>
#include <string_view>
#include <vector>

#include "glob/pattern.h"
#include "stillage/result.h"

namespace stillage::glob {

class TreeTask {
 public:
  /// The tasks of one positive glob, whose braces are expanded here, as those of the globs to ignore.
  static Result<std::vector<TreeTask>> plan(const std::string& glob, const std::vector<std::string>& ignored,
                                            bool dot);

  /// Whether folders have to be read; otherwise names() are looked up one by one.
  bool is_dynamic() const { return dynamic_; }
  const std::vector<std::string>& names() const { return positive_; }
  /// Where to start, "." for the root of the search.
  const std::string& base() const { return base_; }

  /// Whether a file with this path (as found from the base) belongs to the result; `absolute` is its full
  /// path.
  bool accepts(std::string_view path, std::string_view absolute) const;
  /// Whether the folder with this path has to be entered.
  bool enters(std::string_view path) const;

 private:
  struct Segment {
    bool dynamic = false;
    std::string text;
    Pattern pattern;  ///< of a dynamic one
  };
  /// A positive glob as it looks while one is still on the way down.
  struct Route {
    std::vector<Segment> segments;
    std::size_t certain = 0;  ///< segments before the first globstar
    bool has_globstar = false;
  };

  bool leads_on(const Route& route, const std::vector<std::string_view>& names) const;

  bool dynamic_ = false;
  std::string base_;
  std::vector<std::string> positive_;
  std::vector<Pattern> matched_;
  std::vector<Pattern> ignored_;  ///< relative to the root
  std::vector<Pattern> ignored_absolute_;
  std::vector<Pattern> not_entered_;
  std::vector<Route> routes_;
};

}  // namespace stillage::glob
