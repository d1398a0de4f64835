// SPDX-License-Identifier: MIT
#include "watch/plan.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/clock.h"
#include "support/temp_dir.h"

namespace stillage::watch {
namespace {

namespace fs = std::filesystem;

Plan plan_of(const test::TempDir& dir) {
  Plan plan;
  plan.program = "1 2 3";
  plan.made_ns = 7;
  plan.state_folder = "/state";
  plan.entries_folder = "/store/v1";
  plan.instance = 8;
  plan.since = 9;
  plan.marks = {look_at(dir / "file"), look_at(dir / "absent")};
  plan.targets = {{.id = "a#build", .key = "ab12", .has_command = true, .saved_seconds = 1.5},
                  {.id = "b#build", .key = "", .has_command = false, .saved_seconds = 0}};
  return plan;
}

TEST(Plan, IsWrittenAndRead) {
  const test::TempDir dir;
  dir.write("file", "x");
  ASSERT_TRUE(write_plan(dir / "plan", plan_of(dir)));
  const auto read = read_plan(dir / "plan");
  ASSERT_TRUE(read);
  EXPECT_EQ(encode(read->plan), encode(plan_of(dir)));
  EXPECT_EQ(read->plan.targets.front().saved_seconds, 1.5);
}

TEST(Plan, DamagedIsNone) {
  const test::TempDir dir;
  dir.write("file", "x");
  const std::string payload = encode(plan_of(dir));
  for (std::size_t size = 0; size < payload.size(); ++size)
    EXPECT_FALSE(parse_plan(payload.substr(0, size))) << size;
  EXPECT_FALSE(parse_plan(payload + "x"));
  ASSERT_TRUE(write_plan(dir / "plan", plan_of(dir)));
  const std::string whole = dir.read("plan");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    dir.write("plan", flipped);
    EXPECT_FALSE(read_plan(dir / "plan")) << at;
  }
}

TEST(Plan, OldOnesGo) {
  const test::TempDir dir;
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(write_plan(dir / ("plans/" + std::to_string(i)), plan_of(dir)) || i == 0);
    if (i == 0) dir.make_dir("plans");
  }
  const auto count = std::distance(fs::directory_iterator(dir / "plans"), fs::directory_iterator());
  EXPECT_LE(count, 128);
  EXPECT_GE(count, 64);
}

TEST(Plan, EntriesOfOtherKeysComeAndGo) {
  const test::TempDir dir;
  const Plan plan = plan_of(dir);
  EXPECT_TRUE(leave_alone(plan, {}));
  EXPECT_TRUE(leave_alone(plan, {"/store/v1/cd", "/store/v1/cd/cd34-1", "/store/v1/ab/abcd-1"}));
  EXPECT_FALSE(leave_alone(plan, {"/store/v1/ab/ab12-77"}));
  EXPECT_FALSE(leave_alone(plan, {"/store/v1/ab"}));
  EXPECT_FALSE(leave_alone(plan, {"/store/v1"}));
  EXPECT_FALSE(leave_alone(plan, {"/store/v1/cd", "/repo/x"}));
}

TEST(PathMark, TellsWhatAPathStandsFor) {
  const test::TempDir dir;
  dir.write("file", "x");
  dir.write("other", "x");
  dir.make_dir("folder");
  dir.symlink("link", "file");
  const auto changes = [&](const std::string& name, const std::function<void()>& change) {
    const PathMark then = look_at(dir / name);
    EXPECT_TRUE(is_same(then, look_at(dir / name)));
    change();
    return !is_same(then, look_at(dir / name));
  };
  EXPECT_TRUE(changes("absent", [&] { dir.write("absent", ""); }));
  EXPECT_TRUE(changes("file", [&] { dir.write("file", "longer"); }));
  EXPECT_TRUE(changes("link", [&] { dir.write("file", "longer still"); }));
  EXPECT_TRUE(changes("link", [&] {
    fs::remove(dir / "link");
    dir.symlink("link", "other");
  }));
  EXPECT_FALSE(changes("folder", [&] { dir.write("folder/x", ""); }));
  EXPECT_TRUE(changes("folder", [&] { fs::permissions(dir / "folder", fs::perms::owner_all); }));
  EXPECT_TRUE(changes("file", [&] { fs::remove(dir / "file"); }));
}

TEST(PathMark, AYoungOneProvesNothing) {
  const test::TempDir dir;
  const std::int64_t before = base::now_ns();
  dir.write("file", "x");
  const PathMark mark = look_at(dir / "file");
  EXPECT_FALSE(is_older_than(mark, before));
  EXPECT_FALSE(is_older_than(mark, mark.own.stat.ctime_ns + 1'000'000));
  EXPECT_TRUE(is_older_than(mark, mark.own.stat.ctime_ns + 5'000'000'000));
  // What is absent may have gone a moment ago.
  EXPECT_FALSE(is_older_than(look_at(dir / "absent"), before));
  EXPECT_FALSE(is_older_than(look_at(dir / "absent/deep"), before));
  EXPECT_TRUE(is_older_than(look_at(dir / "absent/deep"), before + 60'000'000'000));
}

}  // namespace
}  // namespace stillage::watch
