// SPDX-License-Identifier: MIT
#pragma once
// A checkout, a store and a state folder in a folder of their own, and providers over them: the real ones, on
// real files. Only what git would say of a path is simple here: ignored is what lies in a folder of a given
// name.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "cache/archive_cache_provider.h"
#include "os/dir.h"
#include "support/temp_dir.h"

namespace stillage::test {

/// git's view, by rules that a test can see through.
class SimpleTree : public cache::WorkTree {
 public:
  explicit SimpleTree(std::string root) : root_(std::move(root)) {}

  const std::string& root() const override { return root_; }
  bool has_git() const override { return has_git_; }
  bool is_tracked(std::string_view path) const override { return tracked_.contains(path); }
  std::vector<std::string> tracked_at(std::string_view path) const override;
  /// What has one of `ignored_names` among its segments.
  bool is_ignored(std::string_view path, os::FileKind kind) const override;

  /// What `known_names_` has, as long as the folder has that stat.
  bool names_in(std::string_view path, const os::FileStat& stat, const TakeName& take) const override;

  bool has_git_ = true;
  std::map<std::string, std::pair<os::FileStat, std::vector<os::DirEntry>>, std::less<>> known_names_;
  std::set<std::string, std::less<>> tracked_;
  std::set<std::string, std::less<>> ignored_names_ = {"dist", "lib", "build", "out", "node_modules"};

 private:
  std::string root_;
};

class CacheTest : public ::testing::Test {
 protected:
  CacheTest();
  ~CacheTest() override;

  /// A provider as a new process would make it; the one before is closed.
  cache::ArchiveCacheProvider& open(std::vector<Target> targets = {});
  void close() { provider_.reset(); }
  std::shared_ptr<cache::ArchiveCacheProvider> make_provider(cache::ArchiveCacheOptions options);
  cache::ArchiveCacheOptions options() const;

  /// A target of packages/<name>, with these outputs (nothing: undeclared).
  Target target(const std::string& id, std::optional<std::vector<std::string>> outputs = {{"dist/**"}}) const;

  /// prepare, `work`, put.
  PutResult run(const Target& target, const std::string& hash, const std::function<void()>& work,
                const RunResult& result = {});
  /// look_up and restore; must be a hit.
  RestoreReport restore(const Target& target, const std::string& hash,
                        StaleOutputs stale = StaleOutputs::remove);
  bool hits(const Target& target, const std::string& hash);

  /// Everything below a folder of the checkout: path → kind, permissions and content.
  std::map<std::string, std::string> tree(const std::string& folder) const;
  /// As tree, with inode, mtime and ctime: equal only if nothing was touched.
  std::map<std::string, std::string> stats(const std::string& folder) const;
  void wipe(const std::string& path) const;
  std::vector<std::string> entries() const;
  std::string only_entry() const;
  /// Messages since the last call.
  std::vector<std::string> told();
  /// How many messages since the last call have `text` in them.
  std::size_t told_of(const std::string& text);

  TempDir base_;
  std::string root_;
  std::shared_ptr<SimpleTree> tree_;
  std::shared_ptr<cache::Store> store_;
  std::string state_folder_;
  std::optional<std::uint64_t> cap_;
  std::shared_ptr<cache::ArchiveCacheProvider> provider_;

 private:
  std::mutex mutex_;
  std::vector<std::string> told_;
};

/// 64 digits made of one.
std::string key(char digit);

std::string digits_of(const std::string& text);

}  // namespace stillage::test
