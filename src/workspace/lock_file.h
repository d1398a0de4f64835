// SPDX-License-Identifier: MIT
#pragma once
// What a package's external dependencies resolve to, as the lock file says: the part of node_modules that
// enters a key. A lock file that can't be read as one (unknown format or version, merge conflict, bun's)
// widens every closure to its whole digest, and that is told once. Without a lock file the ranges themselves
// stand. All functions are const and safe from several threads.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "workspace/workspace.h"

namespace stillage::workspace {

/// What may spare the reading and understanding of a lock file.
struct LockMemory {
  /// The state file in which closures are remembered; "" for none.
  std::string facts = {};
  os::TextMemory* texts = nullptr;
};

class LockFile {
 public:
  /// Reads the lock file of a workspace, which must outlive the result. An error (io) only if it is there but
  /// can't be read.
  static Result<std::unique_ptr<LockFile>> load(const Workspace& workspace, const LockMemory& memory = {});
  ~LockFile();

  /// The resolved closure of the package's and the workspace root's dependencies of all four kinds, through
  /// workspace packages' own (not their devDependencies): sorted, unique strings. Each starts with what it
  /// speaks of ("lodash@4.17.21", "lodash (direct)") and U+001F; then integrity, checksum or place, U+001F,
  /// and what that entry's dependencies resolve to. Whatever changes what gets installed for the package
  /// changes one of them; entries that it doesn't reach, and the order of entries, change none.
  Result<std::vector<std::string>> closure(const Package& package) const;
  /// Does, from any thread, what the first call of closure() takes its time for.
  void get_ready() const;
  /// Calls `take` with each of closure()'s strings and its SHA-256, where that is known.
  using TakeText = std::function<void(std::string_view text, const base::Sha256Digest* digest)>;
  Status tell_closure(const Package& package, const TakeText& take) const;

  /// SHA-256 over the digests of closure()'s strings, in hexadecimal: the same information, found faster.
  Result<std::string> closure_digest(const Package& package) const;

  /// Existing patch files that apply to the package's closure: those named by yarn's patch: protocol, by
  /// patchedDependencies, and those in a patches/ folder of the root or the package (patch-package). Relative
  /// to the root, sorted.
  std::vector<std::string> patch_files(const Package& package) const;

  /// Whether closures stand on the whole lock file for want of a better understanding.
  bool is_whole_file() const;

  /// Writes down what was found out, for the next process.
  Status remember() const;

 private:
  struct Understood;
  struct State;
  explicit LockFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stillage::workspace
