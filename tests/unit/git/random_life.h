// SPDX-License-Identifier: MIT
#pragma once
// A checkout that lives: edits, moves and git commands in random order, without a pause between them, so that
// files and index are often of the same tick.

#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "os/file.h"
#include "os/stat.h"
#include "unit/git/git_repo.h"

namespace stillage::test {

class Life {
 public:
  /// `believed`: whether commands may make git believe that files did not change (assume-unchanged).
  explicit Life(unsigned seed, bool believed = true) : random_(seed), believed_(believed) {
    repo_.write(".gitignore", "*.o\n/out/\n");
    for (int i = 0; i < 10; ++i) edit();
    repo_.commit_all();
  }

  const GitRepo& repo() const { return repo_; }

  std::string step() {
    switch (below(14)) {
      case 0:
      case 1:
      case 2:
        return edit();
      case 3:
        return remove();
      case 4:
        return link();
      case 5:
        return git({"add", "-A"});
      case 6:
        return git({"commit", "-qam", "x", "--allow-empty"});
      case 7:
        return git({"checkout", "-q", "-f", "HEAD~1"});
      case 8:
        return git({"reset", "-q", "--hard"});
      case 9:
        return git({"rm", "-q", "--cached", "-r", "--ignore-unmatch", name()});
      case 10:
        return git({"mv", "-f", "-k", name(), name()});
      case 11:
        return git({"update-index", "--index-version", below(2) == 0 ? "2" : "4"});
      case 12:
        return git({"add", "-f", "-N", name()});
      default:
        return git(
            {"update-index", below(2) == 0 || !believed_ ? "--refresh" : "--assume-unchanged", name()});
    }
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string name() {
    const char* const dirs[] = {"", "a/", "b/", "a/deep/", "out/", "c.o/", "a-b/"};
    const char* const files[] = {"f", "g", "h.o", "a", "i.ts"};
    return std::string(dirs[below(std::size(dirs))]) + files[below(std::size(files))];
  }
  /// Makes way for a file: folders above it, none in its place.
  void make_room(const std::string& path) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const auto stat = os::stat_path(repo_ / path.substr(0, slash)).value_or(std::nullopt);
      if (stat && !stat->is_directory()) {
        EXPECT_TRUE(os::remove_tree(repo_ / path.substr(0, slash)));
      }
    }
    const auto stat = os::stat_path(repo_ / path).value_or(std::nullopt);
    if (stat && !stat->is_regular()) {
      EXPECT_TRUE(os::remove_tree(repo_ / path));
    }
  }
  std::string edit() {
    const std::string path = name();
    make_room(path);
    repo_.write(path, std::string(1 + below(2), static_cast<char>('a' + below(3))),
                below(3) == 0 ? 0755 : 0644);
    return "edit " + path;
  }
  std::string remove() {
    const std::string path = name();
    EXPECT_TRUE(os::remove_tree(repo_ / (below(3) == 0 ? path.substr(0, path.find('/')) : path)));
    return "remove " + path;
  }
  std::string link() {
    const std::string path = name();
    make_room(path);
    EXPECT_TRUE(os::remove_tree(repo_ / path));
    repo_.symlink(path, below(2) == 0 ? "a" : "b");
    return "link " + path;
  }
  /// Some of these commands have nothing to do, or refuse: no matter.
  std::string git(std::vector<std::string> arguments) {
    std::string shown = "git";
    for (const std::string& argument : arguments) shown += " " + argument;
    arguments.insert(arguments.begin(), "git");
    run(repo_.path(), arguments);
    return shown;
  }

  GitRepo repo_;
  std::mt19937 random_;
  bool believed_;
};

}  // namespace stillage::test
