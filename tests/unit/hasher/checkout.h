// SPDX-License-Identifier: MIT
#pragma once
// A small real monorepo under git, and keys made of it by a fresh hasher each time, as by a new process.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stillage/target.h"
#include "stillage/target_hasher.h"
#include "support/temp_dir.h"

namespace stillage::test {

class Checkout {
 public:
  /// What its root is called inside its own temporary folder.
  explicit Checkout(std::string name = "repo");

  std::string root() const { return dir_ / name_; }
  std::string path(std::string_view relative) const { return root() + "/" + std::string(relative); }
  void write(std::string_view relative, std::string_view content, unsigned mode = 0644) const;
  void write_root_package(const std::string& more = "") const;
  void write_lock(std::string_view left_integrity = "sha512-left", std::string_view deep_version = "2.0.0",
                  std::string_view unrelated_integrity = "sha512-unrelated") const;
  void remove(std::string_view relative) const;
  void rename(std::string_view from, std::string_view to) const;
  void symlink(std::string_view relative, std::string_view text) const;
  void git(std::vector<std::string> args) const;
  void commit_all() const;

  /// "@x/app#build" with its dependency and outputs, and "@x/lib#build".
  Target app() const;
  Target lib() const;
  Target root_target(const std::string& task = "gen") const;
  TargetHasherOptions options() const;

  /// The key of `target` by a new hasher, whose dependencies are hashed first.
  std::string key(const Target& target) const { return key(target, options()); }
  std::string key(const Target& target, const TargetHasherOptions& options) const;
  std::string key() const { return key(app()); }

 private:
  TempDir dir_;
  std::string name_;
};

/// Sets a variable, or removes it if `value` is null, until the end of the scope; also for what is not a
/// test.
class ScopedVariable {
 public:
  ScopedVariable(std::string name, const char* value);
  ~ScopedVariable();
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  std::string name_;
  bool was_set_;
  std::string before_;
};

/// Gives the tests of a program a user's cache folder of their own.
class OwnCache : public ::testing::Test {
 protected:
  OwnCache() : variable_("XDG_CACHE_HOME", cache_.path().c_str()) {}

 private:
  TempDir cache_;
  ScopedVariable variable_;
};

}  // namespace stillage::test
