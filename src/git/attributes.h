// SPDX-License-Identifier: MIT
#pragma once
// Whether gitattributes let git rewrite a file's content between the object and the work tree (line endings,
// filters, keywords, encodings). Answers "perhaps" too often rather than too seldom: a later rule that takes
// an attribute back is not weighed, and what is hard to read counts for every path.

#include <string_view>
#include <vector>

#include "git/path_pattern.h"

namespace stillage::git {

class ConversionRules {
 public:
  ConversionRules() = default;
  /// The content of a .gitattributes or of another attributes file.
  ConversionRules(std::string_view content, LetterCase letter_case);
  /// Rules that cannot be known: any path may be converted.
  static ConversionRules any_path();

  /// `path`: of a file, relative to the folder that the rules are for.
  bool may_convert(std::string_view path) const;
  bool empty() const { return !any_path_ && patterns_.empty(); }

 private:
  std::vector<PathPattern> patterns_;
  bool any_path_ = false;
};

}  // namespace stillage::git
