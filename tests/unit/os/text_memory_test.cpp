// SPDX-License-Identifier: MIT
#include "os/text_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/thread_pool.h"
#include "support/temp_dir.h"

namespace stillage::os {
namespace {

using test::let_times_settle;

constexpr std::uint64_t kMost = 1 << 20;

class TextMemoryTest : public ::testing::Test {
 protected:
  /// What a process that starts now reads; "-" for nothing.
  std::string read(const std::string& name, Links links = Links::follow) const {
    TextMemory memory(state);
    const auto text = memory.read(AT_FDCWD, dir / name, links, kMost);
    EXPECT_TRUE(text) << text.error().message;
    EXPECT_TRUE(memory.save());
    return text && *text ? std::string(**text) : "-";
  }

  test::TempDir dir;
  test::TempDir elsewhere;
  std::string state = elsewhere / "texts";
};

TEST_F(TextMemoryTest, ReadsAFileOnceForAllProcesses) {
  dir.write("a", "first");
  let_times_settle();
  EXPECT_EQ(read("a"), "first");
  // Unreadable now, but as it was for all that its stat tells: only a process that remembers has the text.
  const auto before = stat_path(dir / "a").value();
  ASSERT_TRUE(before);
  TextMemory memory(state);
  const auto text = memory.read(AT_FDCWD, dir / "no such file", *before, Links::follow, kMost);
  EXPECT_FALSE(text) << "found under another path";
  const auto known = memory.read(-1, dir / "a", *before, Links::follow, kMost);
  ASSERT_TRUE(known && *known);
  EXPECT_EQ(**known, "first");
}

TEST_F(TextMemoryTest, SeesEachChange) {
  dir.write("a", "first");
  let_times_settle();
  EXPECT_EQ(read("a"), "first");
  dir.write("a", "other");
  EXPECT_EQ(read("a"), "other");
  dir.write("a", "third");  // in the same tick of the clock, maybe
  EXPECT_EQ(read("a"), "third");
  dir.write("b", "moved");
  ASSERT_EQ(::rename((dir / "b").c_str(), (dir / "a").c_str()), 0);
  EXPECT_EQ(read("a"), "moved");
  ASSERT_EQ(::unlink((dir / "a").c_str()), 0);
  EXPECT_EQ(read("a"), "-");
  dir.make_dir("a");
  EXPECT_EQ(read("a"), "-");
}

TEST_F(TextMemoryTest, FollowsLinksOnlyWhereTold) {
  dir.write("a", "text");
  dir.symlink("link", "a");
  dir.symlink("dangling", "nowhere");
  let_times_settle();
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(read("link"), "text");
    EXPECT_EQ(read("link", Links::keep), "-");
    EXPECT_EQ(read("dangling"), "-");
  }
}

TEST_F(TextMemoryTest, DamageIsNoMemory) {
  dir.write("a", "text");
  let_times_settle();
  EXPECT_EQ(read("a"), "text");
  const std::string whole = elsewhere.read("texts");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    elsewhere.write("texts", damaged);
    EXPECT_EQ(read("a"), "text") << "flipped at " << at;
    elsewhere.write("texts", whole.substr(0, at));
    EXPECT_EQ(read("a"), "text") << "cut at " << at;
  }
}

TEST_F(TextMemoryTest, RefusesWhatIsTooLarge) {
  dir.write("a", std::string(1000, 'x'));
  TextMemory memory;
  EXPECT_FALSE(memory.read(AT_FDCWD, dir / "a", Links::follow, 999));
  EXPECT_TRUE(memory.read(AT_FDCWD, dir / "a", Links::follow, 1000));
}

TEST_F(TextMemoryTest, ServesManyThreads) {
  for (int i = 0; i < 200; ++i) dir.write("file" + std::to_string(i), std::to_string(i));
  let_times_settle();
  for (int time = 0; time < 2; ++time) {
    TextMemory memory(state);
    parallel_for(800, 8, [&](std::size_t i) {
      const std::string number = std::to_string(i % 200);
      const auto text = memory.read(AT_FDCWD, dir / ("file" + number), Links::follow, kMost);
      ASSERT_TRUE(text && *text);
      EXPECT_EQ(**text, number);
    });
    EXPECT_TRUE(memory.save());
  }
}

}  // namespace
}  // namespace stillage::os
