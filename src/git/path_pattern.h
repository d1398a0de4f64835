// SPDX-License-Identifier: MIT
#pragma once
// One line of a .gitignore or .gitattributes as a pattern of paths (gitignore(5)), and a whole .gitignore as
// a list of which the last match decides.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/wildcard.h"
#include "os/stat.h"

namespace stillage::git {

class PathPattern {
 public:
  /// `text`: a line's pattern, trailing blanks already gone.
  PathPattern(std::string_view text, LetterCase letter_case);

  /// `path`: relative to the folder of the pattern's file, no trailing slash.
  bool matches(std::string_view path, os::FileKind kind) const;
  /// Whether it started with '!'.
  bool negated() const { return negated_; }

 private:
  bool negated_ = false;
  bool directory_only_ = false;
  bool name_only_ = false;            ///< without a slash inside: matches the last segment alone
  bool any_prefix_ = false;           ///< `*literal`
  std::string literal_;               ///< what comes before the first wildcard, or after `*`
  std::optional<Wildcard> wildcard_;  ///< what must match behind the literal (the whole, if name_only_)
  LetterCase letter_case_;
};

/// What a list of patterns says of a path.
enum class Verdict { undecided, ignored, included };

class IgnoreList {
 public:
  IgnoreList() = default;
  /// The content of a .gitignore or of another exclude file.
  IgnoreList(std::string_view content, LetterCase letter_case);

  /// `path`: relative to the folder that the list is for.
  Verdict decide(std::string_view path, os::FileKind kind) const;
  bool empty() const { return patterns_.empty(); }

 private:
  std::vector<PathPattern> patterns_;
};

}  // namespace stillage::git
