// SPDX-License-Identifier: MIT
// Random edits of every kind: what the service says is compared with a look at everything. It may say that
// something has changed where nothing has; never the other way round, and not after no edit at all. What it
// saw of the paths that it does not name is what a look shows.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <tuple>

#include "os/at.h"
#include "os/path.h"
#include "os/stat.h"
#include "support/scale.h"
#include "watch/looks.h"
#include "watched_repo.h"

namespace stillage::watch {
namespace {

namespace fs = std::filesystem;

/// Every path below the root with all that a look can tell.
using Sight = std::map<std::string,
                       std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t, std::uint32_t>>;

Sight look_at_all(const std::string& root) {
  Sight sight;
  const auto take = [&](const std::string& path) {
    const auto stat = os::stat_path(path).value_or(std::nullopt);
    // Times of folders change with what is in them, which is looked at itself.
    if (stat && stat->is_directory())
      sight[path] = {stat->inode, 0, 0, 0, stat->mode};
    else if (stat)
      sight[path] = {stat->inode, stat->size, stat->mtime_ns, stat->ctime_ns, stat->mode};
  };
  take(root);
  for (const auto& entry : fs::recursive_directory_iterator(root)) take(entry.path().string());
  return sight;
}

class Editor {
 public:
  Editor(const WatchedRepo& repo, unsigned seed) : root_(repo.root()), random_(seed) {
    outside_ = repo.dir / "outside";
    fs::create_directory(outside_);
    for (int folder = 0; folder < 4; ++folder)
      for (int file = 0; file < 4; ++file)
        repo.dir.write("repo/" + std::to_string(folder) + "/" + std::to_string(file), "content");
  }

  unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_); }

  /// Does something, which may come to nothing; gives its name.
  const char* edit() {
    const std::string file = any(false), folder = any(true), name = folder + "/n" + std::to_string(below(6));
    std::error_code ignored;
    switch (below(17)) {
      case 0:
        write(file, "short");
        return "write";
      case 1:
        write(name, std::string(below(300), 'x'));
        return "make";
      case 2:
        fs::remove(file, ignored);
        return "remove";
      case 3:
        fs::rename(file, name, ignored);
        return "rename";
      case 4:
        write(outside_ + "/new", "replaced");
        fs::rename(outside_ + "/new", file, ignored);
        return "replace";
      case 5:
        ::chmod(file.c_str(), below(2) == 0 ? 0644 : 0755);
        return "chmod";
      case 6:
        (void)::utimensat(AT_FDCWD, file.c_str(), nullptr, 0);
        return "touch";
      case 7:
        fs::create_directory(name, ignored);
        write(name + "/in", "deep");
        return "make folder";
      case 8:
        if (folder != root_) fs::remove_all(folder, ignored);
        return "remove folder";
      case 9:
        if (folder != root_) fs::rename(folder, name, ignored);
        return "rename folder";
      case 10:
        if (folder != root_) {
          fs::rename(folder, outside_ + "/away", ignored);
          write(outside_ + "/away/meanwhile", "changed");
          fs::rename(outside_ + "/away", folder, ignored);
        }
        return "away and back";
      case 11:
        (void)os::exchange_at(AT_FDCWD, file, AT_FDCWD, any(false));
        return "exchange";
      case 12:
        (void)os::exchange_at(AT_FDCWD, folder, AT_FDCWD, any(true));
        return "exchange folders";
      case 13:
        fs::create_hard_link(file, outside_ + "/l" + std::to_string(below(8)), ignored);
        return "link";
      case 14: {
        const std::string link = outside_ + "/l" + std::to_string(below(8));
        if (fs::exists(link)) write(link, "by the other name");
        return "write through a link";
      }
      case 15:
        fs::create_hard_link(file, name, ignored);
        return "link inside";
      default:
        fs::create_symlink("x" + std::to_string(below(3)), name, ignored);
        return "symlink";
    }
  }

 private:
  /// A folder, or a file, of the repository.
  std::string any(bool folder) {
    std::vector<std::string> all;
    if (folder) all.push_back(root_);
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      if (!entry.is_symlink() && entry.is_directory() == folder) all.push_back(entry.path().string());
    return all.empty() ? root_ + "/first" : all[below(static_cast<unsigned>(all.size()))];
  }

  static void write(const std::string& path, const std::string& content) {
    if (const auto file = os::open_path(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW))
      (void)os::write_all(file->get(), content, path);
  }

  std::string root_, outside_;
  std::mt19937 random_;
};

/// How many paths the service still knows, each of which must be as it says.
std::size_t expect_known_looks_true(const WatchedRepo& repo) {
  auto stored = read_looks(watch_folder(repo.state));
  if (!stored) return 0;
  const auto answer = repo.client().changes(stored->instance, stored->since);
  if (!answer || !answer->is_known || answer->is_cut) return 0;
  for (const std::string& path : answer->paths)
    if (const auto from_root = os::path_below(path, repo.root())) stored->looks.forget(*from_root);
  std::size_t known = 0;
  const auto check = [&](const std::string& path) {
    const auto known_look = stored->looks.find(*os::path_below(path, repo.root()));
    if (!known_look) return;
    const auto now = os::stat_path(path).value_or(std::nullopt);
    ++known;
    EXPECT_TRUE(now && *known_look == *now) << path;
  };
  const auto list = read_watch_list(watch_folder(repo.state));
  for (const auto* const paths : {&list->list.folders, &list->list.files})
    for (const std::string_view path : *paths)
      if (os::path_below(path, repo.root())) check(std::string(path));
  return known;
}

TEST(WatcherStress, NoEditIsMissed) {
  const char* const chosen = std::getenv("STILLAGE_SEED");
  const unsigned seed =
      chosen != nullptr ? static_cast<unsigned>(std::strtoul(chosen, nullptr, 10)) : std::random_device()();
  const int edits = test::scale(3'000, 100'000);
  std::printf("%d edits, seed %u (STILLAGE_SEED=%u repeats them)\n", edits, seed, seed);

  WatchedRepo repo;
  Editor editor(repo, seed);
  repo.start();
  int seen = 0;
  std::size_t known = 0;
  for (int done = 0; done < edits;) {
    repo.watch_all();
    const auto start = repo.client().changes();
    ASSERT_TRUE(start && start->is_known && start->paths.empty());
    const Sight before = look_at_all(repo.root());
    if (editor.below(20) == 0) {
      const auto still = repo.client().changes(start->instance, start->since);
      ASSERT_TRUE(still && still->is_known && still->paths.empty());
    }
    if (editor.below(500) == 0) {
      repo.stop();
      repo.start();
    }
    std::string what;
    for (unsigned i = 0; i <= editor.below(3); ++i, ++done) what += std::string(editor.edit()) + ", ";
    const auto answer = repo.client().changes(start->instance, start->since);
    ASSERT_TRUE(answer);
    const bool is_same = look_at_all(repo.root()) == before;
    const bool says_same = answer->is_known && answer->paths.empty();
    ASSERT_TRUE(is_same || !says_same) << "after " << done << " edits, the last of which: " << what;
    if (!is_same) ++seen;
    known += expect_known_looks_true(repo);
    ASSERT_FALSE(testing::Test::HasFailure()) << "after " << done << " edits, the last of which: " << what;
  }
  EXPECT_GT(seen, edits / 10);
  EXPECT_GT(known, static_cast<std::size_t>(edits));
}

}  // namespace
}  // namespace stillage::watch
