// SPDX-License-Identifier: MIT
#pragma once
// A repository of the vectors on disk: made from its description, changed by the operations of its phases.

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "stillage/result.h"
#include "support/temp_dir.h"

namespace stillage::compat {

class RepoTree {
 public:
  /// Makes files, times and commit in a folder of its own.
  static Result<std::unique_ptr<RepoTree>> make(const base::Json& description);

  /// Applies one operation of a phase.
  Status apply(const base::Json& operation) const;
  /// The workspace's root.
  const std::string& root() const { return root_; }
  const std::string& top() const { return dir_.path(); }

 private:
  Status write_files(const base::Json& files) const;
  Status commit(const base::Json& git) const;
  Status run_git(const std::vector<std::string>& arguments) const;

  test::TempDir dir_;
  std::string root_;
};

}  // namespace stillage::compat
