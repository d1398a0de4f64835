// SPDX-License-Identifier: MIT
#pragma once
// lage's target hash, to the byte: SHA-1 over sorted texts without anything between them, of what
// docs/compatibility.md lists. What lage refuses or dies of has a hash here wherever a healthy part of the
// repository says which. Not for two threads at a time.

#include <memory>
#include <optional>
#include <string>

#include "hasher/hasher.h"
#include "stillage/result.h"
#include "stillage/target.h"
#include "stillage/target_hasher.h"

namespace stillage::hasher {

class CompatHasher : public Hasher {
 public:
  /// Reads the workspace, the lock file, the list of files and the manifest of digests, which is made and
  /// written where there is none. `options.root` is the workspace's root, as targets spell it in their `cwd`.
  /// Errors: no lock file or one that lage does not take; environment globs that globby refuses.
  static Result<std::unique_ptr<CompatHasher>> open(const TargetHasherOptions& options);
  ~CompatHasher() override;

  /// Nothing is read ahead: lage reads the inputs of a target when it hashes it.
  Status digest_inputs(const std::vector<const Target*>&) override { return {}; }

  /// The hash of a target, with what the files are at this moment. Dependencies that were not hashed before
  /// contribute nothing. Errors: a root target without inputs; a package that the workspace does not have.
  Result<std::string> hash(const Target& target) override;

  /// The record's key holds the hash in its first 20 bytes.
  Result<std::string> record(const Target& target) override;

  /// The first file of a hashed target whose content is no longer the one that entered; nothing if all are.
  Result<std::optional<std::string>> changed_input(const Target& target) override;

  /// Writes the manifest.
  Status cleanup() override;

  /// What lage logs of the environment files that enter every hash.
  std::string global_inputs_hash() const;

  struct State;

 private:
  explicit CompatHasher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stillage::hasher
