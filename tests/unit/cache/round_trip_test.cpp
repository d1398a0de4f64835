// SPDX-License-Identifier: MIT
// Random trees come back equal, deletions included, from whatever the outputs have become in the meantime.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "base/strings.h"
#include "os/file.h"
#include "os/path.h"
#include "support/scale.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

class RoundTrip : public CacheTest {
 protected:
  using Random = std::mt19937_64;

  std::string random_name(Random& random) {
    static const std::vector<std::string> names = {
        "a",     "b.js",  "with space", "quote\"'", "line\nbreak", "\xff\xfe not utf-8", "ünïcödé", ".dot",
        "-dash", "*star", "[x]",        "{a,b}",    "!not",        "back\\slash",        "tab\t",   "~"};
    std::string name = names[random() % names.size()];
    if (random() % 3 == 0) name += std::to_string(random() % 5);
    if (random() % 40 == 0) name = std::string(200, 'n') + name;
    return name;
  }

  std::string random_content(Random& random) {
    switch (random() % 12) {
      case 0:
        return "";
      case 1:
        return std::string(random() % 3'000'000, static_cast<char>('a' + random() % 26));
      case 2: {
        std::string noise(random() % 300'000, '\0');
        for (char& c : noise) c = static_cast<char>(random());
        return noise;
      }
      default:
        return fmt::format("content {}", random() % 1000);
    }
  }

  /// Writes some random things below `folder`; what is in the way goes.
  void scribble(Random& random, const std::string& folder, int count) {
    std::vector<std::string> folders = {folder};
    for (int i = 0; i < count; ++i) {
      const std::string path = folders[random() % folders.size()] + "/" + random_name(random);
      // A folder may have become a file, or a link that leads out of the outputs.
      const std::string parent(os::parent_path(path));
      if (os::real_path(parent).value_or("") != parent) continue;
      switch (random() % 8) {
        case 0:
        case 1:
          if (::mkdir(path.c_str(), 0755) == 0) folders.push_back(path);
          break;
        case 2: {
          static const std::vector<std::string> texts = {"a", "../..", "/nowhere/at/all", "dangling", "b.js"};
          (void)os::remove_tree(path);
          (void)::symlink(texts[random() % texts.size()].c_str(), path.c_str());
          break;
        }
        default: {
          (void)os::remove_tree(path);
          static const std::vector<unsigned> modes = {0644, 0755, 0600, 0444, 0777, 0640};
          if (!os::write_file_atomic(path, random_content(random))) break;
          ::chmod(path.c_str(), modes[random() % modes.size()]);
        }
      }
    }
  }

  static std::string difference(const std::map<std::string, std::string>& want,
                                const std::map<std::string, std::string>& got) {
    std::string all;
    for (const auto& [path, what] : want) {
      const auto found = got.find(path);
      if (found == got.end())
        all += fmt::format("missing: {} ({})\n", base::printable(path), base::printable(what.substr(0, 40)));
      else if (found->second != what)
        all += fmt::format("differs: {} ({}, not {})\n", base::printable(path),
                           base::printable(found->second.substr(0, 40)), base::printable(what.substr(0, 40)));
    }
    for (const auto& [path, what] : got)
      if (!want.contains(path))
        all += fmt::format("too much: {} ({})\n", base::printable(path), base::printable(what.substr(0, 40)));
    return all;
  }

  void remove_some(Random& random, const std::string& folder) {
    for (const auto& [path, what] : tree(folder))
      if (random() % 4 == 0) wipe(folder + "/" + path);
  }
};

TEST_F(RoundTrip, RandomTrees) {
  const int seeds = scale(40, 1000);
  const char* const chosen = std::getenv("STILLAGE_SEED");
  const auto first = chosen != nullptr ? static_cast<unsigned>(std::atoll(chosen)) : std::random_device()();
  std::printf("%d trees, seeds from %u (STILLAGE_SEED=%u repeats them)\n", seeds, first, first);
  const Target a = target("a#build");
  const std::string dist = root_ + "/packages/a/dist";
  std::vector<std::map<std::string, std::string>> trees;
  open();
  for (int i = 0; i < seeds; ++i) {
    Random random(first + static_cast<unsigned>(i));
    const std::string hash = digits_of("seed " + std::to_string(i));
    const auto stored = run(a, hash, [&] {
      ASSERT_TRUE(os::make_dirs(dist));
      scribble(random, dist, 1 + static_cast<int>(random() % 40));
    });
    ASSERT_TRUE(stored.entry) << stored.not_stored_because;
    trees.push_back(tree("packages/a"));

    // Any tree so far, from any state of the outputs.
    const std::size_t wanted = random() % trees.size();
    switch (random() % 4) {
      case 0:
        wipe("packages/a/dist");
        break;
      case 1:
        remove_some(random, "packages/a/dist");
        break;
      case 2:
        ASSERT_TRUE(os::make_dirs(dist));
        scribble(random, dist, 10);
        break;
      default:
        break;
    }
    if (random() % 3 == 0) open();
    if (random() % 10 == 0) {
      close();
      ASSERT_TRUE(os::remove_tree(state_folder_));
      open();
    }
    const std::string key = digits_of("seed " + std::to_string(wanted));
    const auto fetched = provider_->fetch(key, a);
    ASSERT_TRUE(fetched) << fetched.error().message << ", seed " << first + static_cast<unsigned>(i);
    ASSERT_TRUE(*fetched);
    const auto now = tree("packages/a");
    ASSERT_EQ(difference(trees[wanted], now), "") << "seed " << first + static_cast<unsigned>(i);
    // A second time nothing is left to do.
    const auto before = stats("packages/a");
    const auto again = restore(a, key);
    ASSERT_EQ(again.written + again.removed, 0U);
    ASSERT_TRUE(stats("packages/a") == before);
  }
}

TEST_F(RoundTrip, AFileLargerThanAnyBuffer) {
  const auto size = scale<std::size_t>(64ULL << 20, 5ULL << 30);
  std::printf("%zu bytes\n", size);
  open();
  const Target a = target("a#build");
  const std::string path = root_ + "/packages/a/dist/big";
  run(a, key('1'), [&] {
    base_.write("checkout/packages/a/dist/big", "head");
    ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(size)), 0);
  });
  wipe("packages/a/dist");
  restore(a, key('1'));
  struct stat st;
  ASSERT_EQ(::stat(path.c_str(), &st), 0);
  EXPECT_EQ(static_cast<std::size_t>(st.st_size), size);
}

}  // namespace
}  // namespace stillage::test
