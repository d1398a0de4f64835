// SPDX-License-Identifier: MIT
#pragma once
// One compiled glob. It means exactly what micromatch 4.0.8 (picomatch 2.3.2) means by it, quirks included,
// and takes time linear in the path however hostile the glob is. Cheap to copy; const calls are safe from any
// thread.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "glob/automaton.h"
#include "glob/simple_glob.h"
#include "stillage/result.h"

namespace stillage::glob {

struct MatchOptions {
  bool dot = true;              ///< wildcards match names that begin with a dot
  bool posix_negation = false;  ///< [!a] means "not a" (globby, native); otherwise "! or a" (micromatch)
  LineEnds line_ends = LineEnds::refuse;  ///< whether `**` matches names with line ends (native)
};

class Pattern {
 public:
  /// Errors name the glob and what is wrong with it: empty, longer than 64 Ki characters, nested too deeply,
  /// or with a back-reference.
  static Result<Pattern> compile(std::string_view text, MatchOptions options = {});

  /// The path itself and everything beneath the folder of that name; no character is magic.
  static Pattern everything_at(std::string path);

  /// Whether micromatch would say that `path` matches. Of a glob that begins with '!': whether the rest does
  /// not.
  bool matches(std::string_view path) const {
    return path == text_ ? !path.empty() : matches_expression(path);
  }

  /// The same without micromatch's rule that a path equal to the glob's text always matches.
  bool matches_expression(std::string_view path) const;

  /// False only if no path below the folder `dir` can match; for walks.
  bool may_match_below(std::string_view dir) const;
  /// True only if every path below `dir` matches (or, of a glob that begins with '!', does not).
  bool covers_below(std::string_view dir) const;

  /// The text that it was compiled from.
  const std::string& text() const { return text_; }
  /// Whether it stands for one path only.
  bool is_literal() const { return literal_ && !with_below_; }
  /// Whether one of its segments is exactly `name`.
  bool has_segment(std::string_view name) const;
  /// Whether it began with '!' (an odd number of them).
  bool is_negated() const { return negated_; }
  /// Whether it is a !(...) from its start on, which lists take for a negation.
  bool is_negated_extglob() const { return negated_extglob_; }

 private:
  std::string text_;
  LineEnds line_ends_ = LineEnds::refuse;
  bool negated_ = false;
  bool negated_extglob_ = false;
  std::optional<std::string> literal_;
  bool with_below_ = false;                     ///< what lies beneath literal_ matches, too
  std::shared_ptr<const SimpleGlob> simple_;    ///< answers for ordinary paths
  std::shared_ptr<const Automaton> automaton_;  ///< answers for all; absent if literal_ does
  std::string prefix_;                          ///< what every match begins with
  std::string suffix_;                          ///< and ends with
};

/// The path that a glob without magic stands for: no leading "./", escapes resolved. Nothing if it has magic.
std::optional<std::string> literal_path(std::string_view pattern);

/// The first segment of a glob (without '!' and "./"), if it has no magic and is neither "", "." nor "..".
std::optional<std::string> literal_first_segment(std::string_view pattern);

}  // namespace stillage::glob
