// SPDX-License-Identifier: MIT
#pragma once
// Workspaces with a lock file, made in a folder of their own, and what their packages' closures say.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "support/temp_dir.h"
#include "workspace/lock_file.h"

namespace stillage::workspace {

using Closure = std::vector<std::string>;

/// The closure of one package of the workspace in `dir`, discovered afresh; its digest is checked to follow
/// it.
inline Closure closure_in(const test::TempDir& dir, const std::string& package) {
  const auto workspace = discover(dir.path());
  EXPECT_TRUE(workspace) << workspace.error().message;
  if (!workspace) return {};
  const auto lock = LockFile::load(*workspace);
  EXPECT_TRUE(lock) << lock.error().message;
  const Package* const found = workspace->find(package);
  EXPECT_NE(found, nullptr) << package;
  if (!lock || found == nullptr) return {};
  const auto closure = (*lock)->closure(*found);
  EXPECT_TRUE(closure);
  EXPECT_TRUE(std::is_sorted(closure->begin(), closure->end()));
  EXPECT_EQ(std::adjacent_find(closure->begin(), closure->end()), closure->end());
  return *closure;
}

inline std::string digest_in(const test::TempDir& dir, const std::string& package) {
  const auto workspace = discover(dir.path());
  const auto lock = LockFile::load(*workspace);
  return *(*lock)->closure_digest(*workspace->find(package));
}

/// What the strings of a closure speak of: everything before the first separator.
inline std::vector<std::string> subjects(const Closure& closure) {
  std::vector<std::string> found;
  for (const auto& text : closure) found.push_back(text.substr(0, text.find('\x1f')));
  return found;
}

/// The file with one text replaced, which must be there.
inline void edit(const test::TempDir& dir, const std::string& file, const std::string& from,
                 const std::string& to) {
  std::string text = dir.read(file);
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  dir.write(file, text);
}

}  // namespace stillage::workspace
