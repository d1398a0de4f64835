// SPDX-License-Identifier: MIT
// Every flip of a byte and every truncation of an entry is a miss, told once, and put aside.
#include <gmock/gmock.h>

#include <fcntl.h>

#include "os/dir.h"
#include "os/file.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

class Damage : public CacheTest {
 protected:
  Damage() {
    open();
    run(a_, key('1'), [&] {
      base_.write("checkout/packages/a/dist/one.js", "1");
      base_.symlink("checkout/packages/a/dist/link", "one.js");
    });
    path_ = only_entry();
    whole_ = *os::read_file(path_);
  }
  void expect_a_miss(const std::string& bytes, const std::string& what) {
    ASSERT_TRUE(os::write_file_atomic(path_, bytes));
    base::set_log_sink([this](base::LogLevel level, std::string_view) {
      if (level == base::LogLevel::warn) ++told_once_;
    });
    told_once_ = 0;
    const auto fetched = provider_->fetch(key('1'), a_);
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_FALSE(*fetched) << what;
    EXPECT_EQ(told_once_, 1) << what;
    EXPECT_TRUE(entries().empty()) << what;
  }
  const Target a_ = target("a#build");
  std::string path_;
  std::string whole_;
  int told_once_ = 0;
};

TEST_F(Damage, EveryFlipIsAMiss) {
  std::printf("%zu flips\n", whole_.size());
  for (std::size_t i = 0; i < whole_.size(); ++i) {
    std::string bad = whole_;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
    expect_a_miss(bad, "flip at " + std::to_string(i));
    if (HasFailure()) break;
  }
}

TEST_F(Damage, EveryTruncationIsAMiss) {
  for (std::size_t i = 0; i < whole_.size(); ++i) {
    expect_a_miss(whole_.substr(0, i), "cut at " + std::to_string(i));
    if (HasFailure()) break;
  }
}

// The end of what was written last may be zeros then, or missing.
TEST_F(Damage, WhatAPowerCutLeftOfItIsAMiss) {
  for (std::size_t i = 0; i < whole_.size(); i += 7) {
    expect_a_miss(whole_.substr(0, i) + std::string(whole_.size() - i, '\0'),
                  "zeros from " + std::to_string(i));
    if (HasFailure()) break;
  }
}

TEST_F(Damage, TheNextPutMendsIt) {
  expect_a_miss(whole_.substr(0, 100), "cut");
  const auto stored = run(a_, key('1'), [&] { base_.write("checkout/packages/a/dist/one.js", "1"); });
  EXPECT_TRUE(stored.entry);
  wipe("packages/a/dist");
  restore(a_, key('1'));
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/one.js"));
}

TEST_F(Damage, APutOverADamagedEntryThatNobodyLookedAtReplacesIt) {
  ASSERT_TRUE(os::write_file_atomic(path_, whole_.substr(0, whole_.size() - 1)));
  open();
  const auto stored = run(a_, key('1'), [&] { base_.write("checkout/packages/a/dist/one.js", "1"); });
  ASSERT_TRUE(stored.entry);
  wipe("packages/a/dist");
  open();
  restore(a_, key('1'));
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/one.js"));
}

TEST_F(Damage, AnEntryThatBreaksBetweenLookUpAndRestoreChangesNothing) {
  wipe("packages/a/dist");
  open();
  const auto hit = provider_->look_up(key('1'), a_);
  ASSERT_TRUE(hit && *hit);
  // In place, under the open file: what was verified is no longer what is read.
  const auto file = os::open_path(path_, O_WRONLY);
  std::string bad = whole_;
  for (std::size_t i = bad.size() / 2; i < bad.size(); ++i) bad[i] = '\0';
  ASSERT_TRUE(os::write_all(file->get(), bad, path_));
  const auto restored = (*hit)->restore();
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().kind, ErrorKind::corrupt);
  EXPECT_TRUE(tree("packages/a").size() <= 1U);  // src
}

}  // namespace
}  // namespace stillage::test
