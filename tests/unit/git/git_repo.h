// SPDX-License-Identifier: MIT
#pragma once
// A real repository for a test, and the comparison of our listing with what git itself lists.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "git/listing.h"
#include "support/temp_dir.h"

namespace stillage::test {

/// Shields git and our readers from the machine's and the user's own configuration, for the whole program.
/// The home folder is an empty one, which tests may fill.
const std::string& git_home();

/// Runs git in `dir` and gives what it prints; ends the test program if it fails. `input` goes to its stdin.
std::string git(const std::string& dir, const std::vector<std::string>& arguments);
/// The same for any program; its exit code may be anything.
std::string run(const std::string& dir, const std::vector<std::string>& argv);

class GitRepo : public TempDir {
 public:
  explicit GitRepo(const std::vector<std::string>& init_options = {});

  std::string git(const std::vector<std::string>& arguments) const { return test::git(path(), arguments); }
  /// Adds everything, commits, and makes the index younger than all files.
  void commit_all() const;
};

/// Makes every file under the folder some seconds old and the index know it, so that nothing is racy.
void settle(const std::string& dir);

/// Path → tracked, of every file that git lists below `dir` and that exists; nested repositories expanded.
std::map<std::string, bool> listed_by_git(const std::string& dir);

/// Lists `dir` and checks it against git: the same files, tracked where git says so, sorted, every clean id
/// right, is_ignored false for each; and that a listing that remembers earlier ones of the same folder is the
/// same. Gives the listing for further questions.
git::Listing expect_as_git(const std::string& dir);

/// How many files carry a clean id.
std::size_t clean_ids(const git::Listing& listing);

}  // namespace stillage::test
