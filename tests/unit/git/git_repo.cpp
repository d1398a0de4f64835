// SPDX-License-Identifier: MIT
#include "git_repo.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "base/digest.h"
#include "base/hex.h"
#include "base/strings.h"
#include "os/command.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "os/text_memory.h"

namespace stillage::test {
namespace {

os::CommandOutput must_run(const std::string& dir, const std::vector<std::string>& argv) {
  (void)git_home();
  auto output = os::run_command({.argv = argv, .dir = dir, .env = os::environment()});
  if (!output) {
    std::fprintf(stderr, "%s\n", output.error().message.c_str());
    std::abort();
  }
  return std::move(*output);
}

/// Whether a folder above the file, below `dir`, is a link: git takes such a file for gone.
bool behind_link(const std::string& dir, std::string_view path) {
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    const auto stat = os::stat_path(os::join_path(dir, path.substr(0, slash))).value_or(std::nullopt);
    if (!stat || !stat->is_directory()) return true;
  }
  return false;
}

bool is_listable(const std::string& dir, std::string_view path) {
  const auto stat = os::stat_path(os::join_path(dir, path)).value_or(std::nullopt);
  return stat && (stat->is_regular() || stat->is_symlink()) && !behind_link(dir, path);
}

std::string content_of(const std::string& path, const os::FileStat& stat) {
  if (stat.is_symlink()) return os::read_link_at(AT_FDCWD, path).value_or("");
  return os::read_file(path).value_or("");
}

}  // namespace

const std::string& git_home() {
  static const TempDir* const kHome = [] {
    auto* const home = new TempDir;  // lives as long as the program
    for (const char* name :
         {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS",
          "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "XDG_CONFIG_HOME", "GIT_CEILING_DIRECTORIES"})
      ::unsetenv(name);
    ::setenv("HOME", home->path().c_str(), 1);
    ::setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    ::setenv("GIT_ATTR_NOSYSTEM", "1", 1);
    for (const char* name : {"GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"}) ::setenv(name, "Test", 1);
    for (const char* name : {"GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"})
      ::setenv(name, "test@example.org", 1);
    std::atexit([] { (void)os::remove_tree(git_home()); });
    return home;
  }();
  return kHome->path();
}

std::string run(const std::string& dir, const std::vector<std::string>& argv) {
  return must_run(dir, argv).out;
}

std::string git(const std::string& dir, const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{"git",
                                "-c",
                                "protocol.file.allow=always",
                                "-c",
                                "init.defaultBranch=main",
                                "-c",
                                "advice.addEmbeddedRepo=false"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const os::CommandOutput output = must_run(dir, argv);
  if (output.exit_code != 0) {
    std::fprintf(stderr, "git %s: %s\n", base::join(arguments, " ").c_str(), output.err.c_str());
    std::abort();
  }
  return output.out;
}

GitRepo::GitRepo(const std::vector<std::string>& init_options) {
  std::vector<std::string> arguments{"init", "-q"};
  arguments.insert(arguments.end(), init_options.begin(), init_options.end());
  git(arguments);
}

void settle(const std::string& dir) {
  // git compares whole seconds only: another second each time, so that it takes the new stats over.
  static std::atomic<int> age = 2;
  age += 2;
  run(dir, {"find", ".", "-name", ".git", "-prune", "-o", "-exec", "touch", "-h", "-d",
            std::to_string(age) + " seconds ago", "{}", "+"});
  git(dir, {"update-index", "-q", "--really-refresh"});
}

void GitRepo::commit_all() const {
  git({"add", "-A"});
  git({"commit", "-q", "--allow-empty", "-m", "state"});
  settle(path());
}

std::map<std::string, bool> listed_by_git(const std::string& dir) {
  std::map<std::string, bool> files;
  const auto add_nested = [&](const std::string& nested) {
    for (const auto& [path, tracked] : listed_by_git(os::join_path(dir, nested)))
      files.emplace(nested + "/" + path, tracked);
  };
  const std::string tracked = git(dir, {"ls-files", "-s", "-z"});
  for (const std::string_view item : base::split(tracked, '\0')) {
    if (item.empty()) continue;
    const std::string path(item.substr(item.find('\t') + 1));
    if (item.starts_with("160000 ")) {
      if (os::exists(os::join_path(dir, path + "/.git"))) add_nested(path);
    } else if (is_listable(dir, path)) {
      files.emplace(path, true);
    }
  }
  const std::string untracked = git(dir, {"ls-files", "-o", "-z", "--exclude-standard"});
  for (std::string_view item : base::split(untracked, '\0')) {
    if (item.empty()) continue;
    if (item.ends_with('/')) {
      item.remove_suffix(1);
      add_nested(std::string(item));
    } else {
      files.emplace(item, false);
    }
  }
  return files;
}

namespace {

/// The same listing with what earlier ones of this folder remembered, and again with what this one did.
void expect_remembered(const std::string& dir, const git::Listing& listing) {
  static const TempDir memories;
  const std::string name = base::to_hex(base::sha1(dir));
  for (int time = 0; time < 2; ++time) {
    os::TextMemory texts(memories / (name + "-texts"));
    const auto again =
        git::list_files(dir, {.memory = {.folders = memories / (name + "-folders"), .texts = &texts}});
    EXPECT_TRUE(again && texts.save());
    if (!again) return;
    EXPECT_EQ(again->has_git(), listing.has_git());
    EXPECT_TRUE(std::ranges::equal(again->files(), listing.files(),
                                   [](const auto& a, const auto& b) {
                                     return a.path == b.path && a.tracked == b.tracked &&
                                            a.clean_id == b.clean_id && a.stat.inode == b.stat.inode &&
                                            a.stat.ctime_ns == b.stat.ctime_ns;
                                   }))
        << "another listing with a memory of folders, time " << time;
  }
}

}  // namespace

git::Listing expect_as_git(const std::string& dir) {
  auto listing = git::list_files(dir);
  if (!listing) {
    ADD_FAILURE() << listing.error().message;
    std::abort();
  }
  std::map<std::string, bool> ours;
  for (const git::ListedFile& file : listing->files()) {
    EXPECT_TRUE(ours.emplace(file.path, file.tracked).second) << "twice: " << file.path;
    EXPECT_EQ(listing->find(file.path), &file);
    EXPECT_EQ(listing->is_tracked(file.path), file.tracked) << file.path;
    EXPECT_FALSE(listing->is_ignored(file.path, file.stat.kind())) << file.path;
    if (file.clean_id) {
      EXPECT_EQ(*file.clean_id, base::git_blob_id(content_of(os::join_path(dir, file.path), file.stat)))
          << file.path;
    }
  }
  EXPECT_TRUE(std::is_sorted(listing->files().begin(), listing->files().end(),
                             [](const auto& a, const auto& b) { return a.path < b.path; }));
  EXPECT_EQ(ours, listed_by_git(dir));
  expect_remembered(dir, *listing);
  return std::move(*listing);
}

std::size_t clean_ids(const git::Listing& listing) {
  return static_cast<std::size_t>(
      std::count_if(listing.files().begin(), listing.files().end(),
                    [](const git::ListedFile& file) { return file.clean_id.has_value(); }));
}

}  // namespace stillage::test
