// SPDX-License-Identifier: MIT
#pragma once
// Which files are the inputs of a target: picked from the listing (and, for entries without wildcards, from
// the disk), digested, and shared by all targets that have the same ones. Not for two threads at a time.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include "hasher/file_table.h"
#include "hasher/ingredients.h"
#include "hasher/input_patterns.h"
#include "hasher/linked_content.h"
#include "hasher/output_rules.h"
#include "hasher/package_layout.h"
#include "hasher/pattern_cache.h"
#include "stillage/result.h"

namespace stillage::hasher {

/// Files in the order of their paths.
class InputSet : public IngredientList {
 public:
  enum class Kind : std::uint8_t {
    package,   ///< what belongs to the package in `dir`
    patterns,  ///< what `patterns` select
    root,      ///< the files directly in the root, less those that say nothing of a build
  };

  InputSet(const FileTable& table, const LinkedContent& links) : table_(table), links_(links) {}

  Kind kind = Kind::package;
  std::string dir;
  InputPatterns patterns;
  std::vector<FileId> files;

  void tell(IngredientSink& sink) const override;

 private:
  const FileTable& table_;
  const LinkedContent& links_;
};

/// The files that a target declares as its outputs.
struct MadeFiles {
  std::string dir;  ///< of the target
  SharedPatterns patterns;
  /// Whether tracked files among them are no inputs either.
  enum class Which : std::uint8_t { all, untracked } which = Which::all;

  bool matches(std::string_view path) const;
};

class InputSets {
 public:
  /// `lock_file` is the path of the workspace's lockfile, which is no environment file.
  InputSets(FileTable& table, LinkedContent& links, const OutputRules& outputs, const PackageLayout& layout,
            PatternCache& patterns, std::string lock_file);

  /// The files that belong to the package in `dir`, or with "" those outside of all packages.
  Result<InputSet*> of_package(const std::string& dir);
  /// What entries relative to `dir` select.
  Result<InputSet*> of_patterns(const std::string& dir, const std::vector<std::string>& entries);
  /// The files directly in the root that enter every key where nothing else is configured.
  Result<InputSet*> of_root();
  /// `set` without the outputs that `made` speaks of: `set` itself if there are none in it.
  Result<InputSet*> without(InputSet* set, const MadeFiles& made);

  /// Makes sure that everything in the sets is digested, all at once.
  Status digest(const std::vector<InputSet*>& sets);

  /// Whether a file that was not there when the set was made would belong to it.
  bool would_select(const InputSet& set, std::string_view path) const;
  /// The paths that entries without wildcards add from the disk, as it is now.
  Result<std::vector<std::string>> unlisted_paths(const InputPatterns& patterns) const;

 private:
  InputSet& add(std::string identity, InputSet::Kind kind, const std::string& dir);
  InputSet* known(const std::string& identity) const;
  bool is_input(FileId id) const;
  void select(const InputPatterns& patterns, FileRange range, std::vector<FileId>& out) const;
  Result<std::vector<git::ListedFile>> unlisted(const InputPatterns& patterns) const;
  bool is_root_file(std::string_view path) const;

  FileTable& table_;
  LinkedContent& links_;
  const OutputRules& outputs_;
  const PackageLayout& layout_;
  PatternCache& patterns_;
  std::string lock_file_;
  base::StringMap<std::unique_ptr<InputSet>> sets_;
  std::map<std::tuple<const InputSet*, std::string, SharedPatterns, MadeFiles::Which>, InputSet*> filtered_;
  std::unordered_set<const InputSet*> digested_;
};

}  // namespace stillage::hasher
