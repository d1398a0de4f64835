// SPDX-License-Identifier: MIT
// Files that are made by many threads: each once, the first failure is told, and what waits is dropped.
#include "cache/file_crew.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>

namespace stillage::test {
namespace {

using cache::FileCrew;
using cache::NewFile;

constexpr int kManyFiles = 5'000;

std::vector<archive::Output> outputs() {
  std::vector<archive::Output> all(kManyFiles);
  for (int i = 0; i < kManyFiles; ++i) all[static_cast<std::size_t>(i)].path = std::to_string(i);
  return all;
}

TEST(FileCrew, MakesEveryFileOnceWithItsContent) {
  const auto all = outputs();
  std::mutex mutex;
  std::map<std::string, std::string> made;
  FileCrew crew([&](const NewFile& file) -> Status {
    const std::lock_guard lock(mutex);
    if (!made.emplace(file.output->path, file.content).second) return fail(ErrorKind::invalid, "twice");
    return {};
  });
  for (const archive::Output& output : all)
    ASSERT_TRUE(crew.add({&output, nullptr, "content of " + output.path}));
  ASSERT_TRUE(crew.finish());
  ASSERT_EQ(made.size(), all.size());
  for (const auto& [path, content] : made) EXPECT_EQ(content, "content of " + path);
}

TEST(FileCrew, TellsTheFirstFailureAndMakesNoMore) {
  const auto all = outputs();
  std::atomic<int> calls = 0;
  std::atomic<bool> has_failed = false;
  FileCrew crew([&](const NewFile& file) -> Status {
    ++calls;
    if (file.output->path != "100") return {};
    has_failed = true;
    return fail(ErrorKind::io, "no space");
  });
  Status added;
  std::size_t given = 0;
  while (added && given < all.size()) added = crew.add({&all[given++], nullptr, "x"});
  const Status finished = crew.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().message, "no space");
  EXPECT_TRUE(has_failed);
  EXPECT_LE(calls, static_cast<int>(given));
}

TEST(FileCrew, EndsWithFilesThatWait) {
  const auto all = outputs();
  std::atomic<int> calls = 0;
  {
    FileCrew crew([&](const NewFile&) -> Status {
      ++calls;
      return {};
    });
    for (const archive::Output& output : all) ASSERT_TRUE(crew.add({&output, nullptr, "x"}));
  }
  EXPECT_LE(calls, kManyFiles);
}

}  // namespace
}  // namespace stillage::test
