// SPDX-License-Identifier: MIT
#pragma once
// The ignore and attribute rules that hold in a folder: a chain from its own files up to those of the whole
// repository and the user. Scopes never change once made, so that threads share them freely.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "git/attributes.h"
#include "git/path_pattern.h"
#include "git/repository.h"
#include "os/text_memory.h"

namespace stillage::git {

class RuleScope;
using RuleScopePtr = std::shared_ptr<const RuleScope>;

class RuleScope {
 public:
  /// What holds everywhere in the repository: the user's and the system's files, and info/exclude,
  /// info/attributes.
  static Result<RuleScopePtr> of_repository(const Repository& repository);
  /// No rules at all.
  static RuleScopePtr none();

  /// `parent` with the rules of the folder `base` ("" or ending in '/', from the repository's top); `parent`
  /// itself where they are empty.
  static RuleScopePtr extend(RuleScopePtr parent, std::string base, IgnoreList ignores,
                             ConversionRules conversions);

  /// Whether the rules ignore this path (from the repository's top), its parents' fate aside.
  bool ignores(std::string_view path, os::FileKind kind) const;
  /// Whether git may rewrite the content of any file.
  bool converts_any() const { return any_conversions_; }
  /// Whether git may rewrite the content of this file.
  bool may_convert(std::string_view path) const;

 private:
  RuleScopePtr parent_;
  std::string base_;
  IgnoreList ignores_;
  ConversionRules conversions_;
  bool any_conversions_ = false;  ///< here or further up
};

/// The .gitignore at `path`, relative to the open folder `dir`; empty if it is a link, which git does not
/// follow.
Result<IgnoreList> read_ignore_file(os::TextMemory& texts, int dir, const std::string& path,
                                    const os::FileStat& stat, LetterCase letter_case);
/// The .gitattributes at `path`. A link, which versions of git treat differently, counts for any path.
Result<ConversionRules> read_attributes_file(os::TextMemory& texts, int dir, const std::string& path,
                                             const os::FileStat& stat, LetterCase letter_case);

}  // namespace stillage::git
