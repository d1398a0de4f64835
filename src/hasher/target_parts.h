// SPDX-License-Identifier: MIT
#pragma once
// What one target's key stands on, found but not yet encoded.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "hasher/input_sets.h"
#include "hasher/linked_content.h"
#include "hasher/native_hasher.h"
#include "hasher/package_layout.h"

namespace stillage::hasher {

/// What a package's external dependencies resolve to, as the lockfile says. Its section has a digest of its
/// own, which the lockfile's reader makes faster than the texts.
class Closure : public IngredientList {
 public:
  Closure(const workspace::LockFile& lock, const workspace::Package& package, std::string digest)
      : lock_(lock), package_(package), text_(std::move(digest)) {}
  void tell(IngredientSink& sink) const override;

 protected:
  base::Sha256Digest compute_digest() const override;

 private:
  const workspace::LockFile& lock_;
  const workspace::Package& package_;
  std::string text_;
};

struct TargetParts {
  std::string dir;                              ///< of the target, relative to the root
  const workspace::Package* package = nullptr;  ///< whose folder that is, if any
  InputSet* inputs = nullptr;
  std::vector<std::pair<std::string, InputSet*>> dependency_inputs;  ///< by folder, sorted
  InputSet* environment = nullptr;
  /// What is nobody's input here: the target's own outputs, and those that targets which it depends on make
  /// in other packages than their own.
  std::vector<MadeFiles> made;
  const Closure* closure = nullptr;
  std::vector<std::pair<std::string, const ContentSet*>> local_packages;
  std::vector<std::pair<std::string, std::optional<FileId>>> patches;
  /// Files that were read to find all this; their change makes the key stale, too.
  std::vector<FileId> sources;
};

/// Finds the parts of targets. Keeps what targets share. Not for two threads at a time.
class PartsFinder {
 public:
  PartsFinder(const HasherParts& parts, const TargetHasherOptions& options, FileTable& table,
              LinkedContent& links, InputSets& sets, const PackageLayout& layout, PatternCache& patterns);

  /// Tells of a target that others may depend on; find() does so, too.
  Status note(const Target& target);

  /// Nothing is digested, except closures and local packages.
  Result<TargetParts> find(const Target& target);
  /// Makes the closures of these targets' packages on all processors.
  Status find_closures(const std::vector<const Target*>& targets);
  /// The folder of a target, relative to the root.
  Result<std::string> dir_of(const Target& target) const;

 private:
  /// A target that others may depend on.
  struct KnownTarget {
    std::string dir;
    SharedPatterns outputs;  ///< null if it declares none
    std::vector<std::string> dependencies;
  };
  Status find_made(const Target& target, TargetParts& parts);
  Status check_sources(const Target& target, const InputSet& with_outputs, const TargetParts& parts);
  const workspace::Package* package_in(const std::string& dir) const;
  Result<const Closure*> closure_of(const workspace::Package& package);
  const std::vector<std::size_t>& transitive_dependencies(std::size_t package);
  Status find_inputs(const Target& target, TargetParts& parts);
  Status find_sources(TargetParts& parts);

  HasherParts parts_;
  const TargetHasherOptions& options_;
  FileTable& table_;
  LinkedContent& links_;
  InputSets& sets_;
  const PackageLayout& layout_;
  PatternCache& patterns_;
  base::StringMap<KnownTarget> known_;
  /// Whether some target's outputs may lie in other packages than its own.
  bool some_reach_out_ = false;
  std::map<const workspace::Package*, std::unique_ptr<Closure>> closures_;
  std::map<const workspace::Package*, std::vector<std::string>> patch_files_;
  std::map<std::size_t, std::vector<std::size_t>> transitive_;
  base::StringSet checked_;  ///< ids of targets
};

}  // namespace stillage::hasher
