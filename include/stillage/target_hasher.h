// SPDX-License-Identifier: MIT
#pragma once
// Turns a target into its hash (its cache key): SHA-256, in lower-case hex, over a canonical record of
// everything that can change the target's result (docs/formats/key.md). The record is taken of the tree as it
// is when initialize() runs; the same bytes give the same hash on every machine. With Compat::lage it is lage's
// hash instead (docs/compatibility.md).

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stillage/compat.h"
#include "stillage/result.h"
#include "stillage/target.h"

namespace stillage {

struct TargetHasherOptions {
  /// The repository's root, or any folder inside it.
  std::string root = {};
  /// Files, relative to the root, that enter every key (Target::environment_glob overrides); nothing means
  /// every listed file directly in the root except the lockfile, *.md, LICENSE* and the config of this tool.
  std::optional<std::vector<std::string>> environment_glob = {};
  /// Enters every key.
  std::string cache_key = {};
  /// Enter every key, as arguments that every target is given. None and an empty list are the same, except
  /// with Compat::lage, whose own runs always have a list.
  std::optional<std::vector<std::string>> cli_args = {};
  /// Whether files that differ only in CRLF and LF count as the same. Costs the reading of files that git
  /// knows.
  bool normalize_line_endings = false;
  /// Every target of the repository that may run: files that they declare as outputs are nobody's inputs.
  std::vector<Target> targets = {};
  /// With Compat::lage the keys are lage's (SHA-1); `root` is the workspace's root then, `cli_args` and the
  /// presence of an `environment_glob` mean what they mean there, and `targets` and
  /// `normalize_line_endings` are not used.
  Compat compat = Compat::none;
};

/// Safe for use from one thread at a time.
class TargetHasher {
 public:
  explicit TargetHasher(TargetHasherOptions options);
  ~TargetHasher();
  TargetHasher(TargetHasher&&) noexcept;
  TargetHasher& operator=(TargetHasher&&) noexcept;

  /// Reads the workspace, its lockfile and its list of files. Idempotent.
  Status initialize();

  /// The key of `target`. Needs initialize(), and the keys of target.dependencies asked for before.
  Result<std::string> hash(const Target& target);

  /// The first input of a hashed target that is no longer what its key says (or a new file that would be an
  /// input); nothing if all are. To be asked after a run, before its result is stored.
  Result<std::optional<std::string>> changed_input(const Target& target);

  /// Writes down the digests of files for the next process. Losing them costs time only.
  Status cleanup();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace stillage
