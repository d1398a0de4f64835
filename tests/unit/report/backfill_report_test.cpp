// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "report/backfill_log.h"
#include "report/performance_log.h"
#include "support/temp_dir.h"

namespace stillage::report {
namespace {

using base::LogLevel;
using std::chrono::milliseconds;

TEST(BackfillLog, Lines) {
  EXPECT_EQ(backfill_line(LogLevel::info, "Cache hit!", Colours::off), "backfill: ■ Cache hit!\n");
  EXPECT_EQ(backfill_line(LogLevel::error, "no", Colours::off), "backfill: x no\n");
  EXPECT_EQ(without_colours(backfill_line(LogLevel::warn, "w", Colours::on)), "backfill: ▲ w\n");
}

TEST(BackfillLog, LevelsAndStreams) {
  const auto all = [](std::optional<LogLevel> level) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const BackfillLog log({.level = level});
    log.say(LogLevel::silly, "s");
    log.profile("hashTime", milliseconds(12));
    log.info("i");
    log.warn("w");
    log.error("e");
    const std::string out = testing::internal::GetCapturedStdout();
    return out + "--\n" + testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(all(LogLevel::silly),
            "backfill: ◇ s\nbackfill: □ Profiling hashTime took 12 ms\nbackfill: ■ i\n--\n"
            "backfill: ▲ w\nbackfill: x e\n");
  EXPECT_EQ(all(LogLevel::info), "backfill: ■ i\n--\nbackfill: ▲ w\nbackfill: x e\n");
  EXPECT_EQ(all(LogLevel::error), "--\nbackfill: x e\n");
  EXPECT_EQ(all(std::nullopt), "--\n");
}

std::string file_name_of(std::string_view name) {
  PerformanceLog log(1795375605793);
  log.set("name", name);
  return log.file_name();
}

// But for the long ones, the expectations are what filenamify 4.3.0 answers.
TEST(PerformanceLog, FileNames) {
  EXPECT_EQ(file_name_of("a"), "perf-a-1795375605793.json");
  EXPECT_EQ(file_name_of("@scope/a"), "perf-@scope!a-1795375605793.json");
  EXPECT_EQ(file_name_of("a<>:\"|?*\\b\x01\u0085!c"), "perf-a!b!c-1795375605793.json");
  EXPECT_EQ(file_name_of("../ä"), "perf-..!ä-1795375605793.json");
  const std::string cut = file_name_of(std::string(77, 'x') + "ää");
  EXPECT_EQ(cut, "perf-" + std::string(76, 'x') + "-1795375605793.json");
  const std::string between = file_name_of(std::string(75, 'x') + "ää");
  EXPECT_EQ(between, "perf-" + std::string(75, 'x') + "-1795375605793.json") << "no character is cut in two";
}

TEST(PerformanceLog, KeysInTheOrderOfTheRun) {
  const test::TempDir dir;
  PerformanceLog log(5);
  log.set("name", "a");
  log.set("mode", "READ_WRITE");
  log.set("cacheProvider", "local");
  log.set_time("hashTime", milliseconds(1));
  log.set("hash", "abc");
  log.set_time("fetchTime", milliseconds(2));
  log.set_flag("hit", true);
  const auto path = log.write(dir / "logs/deep");
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(*path, dir / "logs/deep/perf-a-5.json");
  EXPECT_EQ(dir.read("logs/deep/perf-a-5.json"),
            "{\n  \"timestamp\": 5,\n  \"name\": \"a\",\n  \"mode\": \"READ_WRITE\",\n  \"cacheProvider\": "
            "\"local\",\n"
            "  \"hashTime\": 1,\n  \"hash\": \"abc\",\n  \"fetchTime\": 2,\n  \"hit\": true\n}\n");
}

}  // namespace
}  // namespace stillage::report
