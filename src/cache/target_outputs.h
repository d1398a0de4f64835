// SPDX-License-Identifier: MIT
#pragma once
// Which paths of a package may be outputs of one target: its declared globs, or, where it declares none, what
// lies beneath dist, lib, build and out (docs/guarantees.md). Paths are relative to the package's folder.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "glob/pattern_list.h"
#include "stillage/result.h"
#include "stillage/target.h"

namespace stillage::cache {

/// Where a search for outputs starts.
struct OutputBase {
  std::string path;
  /// The pattern names this path itself: a link there is an output, not a way to others.
  bool is_exact = false;
  friend bool operator==(const OutputBase&, const OutputBase&) = default;
};

/// A compiled list of output globs, shared by all targets that have the same.
struct OutputGlobs {
  glob::PatternList all;
  glob::PatternList cleanable;  ///< those whose first segment is literal
  std::vector<OutputBase> bases;
  bool name_incremental_state = false;

  /// An `invalid` error if a glob leaves the package.
  static Result<std::shared_ptr<const OutputGlobs>> compile(const std::vector<std::string>& globs);
};

class TargetOutputs {
 public:
  using Compile =
      std::function<Result<std::shared_ptr<const OutputGlobs>>(const std::vector<std::string>& globs)>;
  /// `default_globs` stands in for a target that names none. An `invalid` error if the target lies outside
  /// `root`, or a glob leaves the package.
  static Result<TargetOutputs> of(const Target& target, const std::string& root,
                                  const std::optional<std::vector<std::string>>& default_globs,
                                  const Compile& compile = OutputGlobs::compile);

  /// The package's folder, relative to the root; "" is the root itself.
  const std::string& package_dir() const { return package_dir_; }
  /// Whether somebody wrote the globs down. If not, only what git ignores is an output.
  bool are_declared() const { return declared_; }
  bool matches(std::string_view path) const { return globs_->all.matches(path); }
  bool may_match_below(std::string_view folder) const { return globs_->all.may_match_below(folder); }
  /// Declared, by a glob whose first segment is literal: what git ignores there may be removed.
  bool matches_cleanable(std::string_view path) const { return declared_ && globs_->cleanable.matches(path); }
  /// Sorted; none beneath another.
  const std::vector<OutputBase>& bases() const { return globs_->bases; }
  /// Whether the globs name files in which a compiler keeps what it did last time.
  bool name_incremental_state() const { return globs_->name_incremental_state; }
  /// `path` relative to the root.
  std::string from_root(std::string_view path) const;
  /// Whether a path that is relative to the root is an output.
  bool matches_from_root(std::string_view path) const;

 private:
  std::string package_dir_;
  bool declared_ = false;
  std::shared_ptr<const OutputGlobs> globs_;
};

/// Whether the outputs of two targets could be the same files.
bool may_overlap(const TargetOutputs& a, const TargetOutputs& b);

}  // namespace stillage::cache
