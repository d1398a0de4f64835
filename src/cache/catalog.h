// SPDX-License-Identifier: MIT
#pragma once
// The targets of a run, in graph order, as the cache has to know them: which come before which, and which
// could hold the same paths. Immutable but for a memory of compiled globs; safe for use from many threads.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/strings.h"
#include "cache/target_outputs.h"
#include "stillage/target.h"

namespace stillage::cache {

class Catalog {
 public:
  /// `targets`: dependencies first. `is_known` tells whether a target of that id can still be run; without
  /// it, any can. Outputs of a target that can't belong to nobody.
  Catalog(std::string root, std::optional<std::vector<std::string>> default_globs,
          std::vector<Target> targets, std::function<bool(std::string_view)> is_known);

  const std::string& root() const { return root_; }
  const std::vector<Target>& targets() const { return targets_; }
  std::optional<std::size_t> find(std::string_view id) const;
  /// The target, to be kept: the catalog's own if it is one of those, as long as the catalog lives; else a
  /// copy.
  std::shared_ptr<const Target> kept(const Target& target) const;
  bool is_known(std::string_view id) const;
  /// Indexes of the targets whose package is that folder.
  const std::vector<std::size_t>& in_package(std::string_view package_dir) const;
  /// Indexes of all targets that have to come before `target`.
  std::vector<std::size_t> all_dependencies(const Target& target) const;
  /// The compiled globs of any target.
  Result<std::shared_ptr<const TargetOutputs>> outputs_of(const Target& target) const;
  /// The declared outputs of other targets that are not cached, where they may be the same files.
  std::vector<std::shared_ptr<const TargetOutputs>> uncached_outputs_near(const std::string& target,
                                                                          const TargetOutputs& outputs) const;
  /// Folders of other packages below this one.
  std::vector<std::string> packages_below(std::string_view package_dir) const;

 private:
  Result<std::shared_ptr<const OutputGlobs>> compile(const std::vector<std::string>& globs) const;
  std::vector<std::size_t> indexes_of(const std::vector<std::string>& ids) const;

  std::string root_;
  std::optional<std::vector<std::string>> default_globs_;
  std::vector<Target> targets_;
  std::function<bool(std::string_view)> is_known_;
  base::StringMap<std::size_t> by_id_;
  std::vector<std::vector<std::size_t>> dependencies_;
  base::StringMap<std::vector<std::size_t>> by_package_;
  std::vector<std::string> folders_;  ///< of by_package_, sorted
  std::vector<std::size_t> uncached_;

  struct Compiled {
    std::string cwd;
    std::optional<std::vector<std::string>> globs;
    std::shared_ptr<const TargetOutputs> outputs;
  };
  mutable std::mutex mutex_;
  mutable base::StringMap<Compiled> compiled_;
  mutable std::map<std::vector<std::string>, std::shared_ptr<const OutputGlobs>> globs_;
};

/// "a/b/c" → "a/b/c", "a/b", "a", "".
std::vector<std::string_view> folders_above(std::string_view folder);

}  // namespace stillage::cache
