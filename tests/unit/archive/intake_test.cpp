// SPDX-License-Identifier: MIT
// An entry as it comes from a remote, in pieces of any size.
#include <gmock/gmock.h>

#include <random>

#include "archive/entry_intake.h"
#include "archive/seal_frame.h"
#include "archive/trailer.h"
#include "entry_builder.h"
#include "os/dir.h"
#include "os/file.h"

namespace stillage::archive {
namespace {

using ::testing::HasSubstr;

std::string random_text(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

std::string entry_with(std::size_t file_size) {
  const std::map<std::string, std::string> contents = {{"dist/a.js", random_text(file_size, 1)}};
  const std::vector<Output> outputs = {test::file_output("dist/a.js", contents.at("dist/a.js"))};
  return test::entry_of(test::manifest_of(outputs), test::files_tar(outputs, contents));
}

class Intake : public ::testing::Test {
 protected:
  EntryIntake make(std::uint64_t most = UINT64_MAX) {
    return EntryIntake(dir_.path(), "the entry", most, [this](const Manifest& manifest) {
      ++judged_;
      judged_after_ = given_;
      if (verdict_) {
        EXPECT_FALSE(manifest.key.empty());
      }
      return verdict_;
    });
  }
  /// Hands `bytes` over in pieces of `piece`; stops at the first error.
  Status give(EntryIntake& intake, std::string_view bytes, std::size_t piece = 1 << 20,
              bool says_size = true) {
    given_ = 0;
    STILLAGE_TRY(intake.begin(says_size ? std::optional<std::uint64_t>(bytes.size()) : std::nullopt));
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      const std::string_view next = bytes.substr(at, piece);
      given_ += next.size();
      STILLAGE_TRY(intake.write(next));
    }
    return {};
  }
  Result<TakenEntry> take(std::string_view bytes, std::size_t piece = 1 << 20) {
    EntryIntake intake = make();
    STILLAGE_TRY(give(intake, bytes, piece));
    return intake.finish();
  }
  std::size_t files_left() const { return os::list_dir(dir_.path())->size(); }

  test::TempDir dir_;
  Status verdict_;
  int judged_ = 0;
  std::size_t given_ = 0;
  std::size_t judged_after_ = 0;
};

TEST_F(Intake, TheSameBytesInAnyPieces) {
  const std::string entry = entry_with(20'000);
  for (const std::size_t piece : {1UL, 3UL, 7UL, 100UL, 4096UL, 16'384UL, 1UL << 20}) {
    const auto taken = take(entry, piece);
    ASSERT_TRUE(taken) << piece << ": " << taken.error().message;
    EXPECT_EQ(*os::read_file(taken->path), entry) << piece;
    EXPECT_EQ(taken->size, entry.size());
    EXPECT_EQ(taken->manifest.outputs.size(), 1U);
    EXPECT_TRUE(taken->seal.empty());
    ASSERT_TRUE(os::remove_tree(taken->path));
  }
  EXPECT_EQ(files_left(), 0U);
}

TEST_F(Intake, TheManifestIsJudgedBeforeTheFilesHaveCome) {
  const std::string entry = entry_with(3 << 20);
  ASSERT_TRUE(take(entry, 4096));
  EXPECT_EQ(judged_, 1);
  EXPECT_LT(judged_after_, 10'000U);
}

TEST_F(Intake, AVerdictEndsTheTransferAtOnce) {
  const std::string entry = entry_with(3 << 20);
  verdict_ = fail(ErrorKind::unsupported, "it is bound to another checkout");
  {
    EntryIntake intake = make();
    const Status given = give(intake, entry, 4096);
    ASSERT_FALSE(given);
    EXPECT_EQ(given.error().kind, ErrorKind::unsupported);
    EXPECT_LT(given_, 10'000U);
  }
  EXPECT_EQ(files_left(), 0U);
}

TEST_F(Intake, WhatIsNoEntryEndsAtItsFirstBytes) {
  EntryIntake intake = make();
  const Status given = give(intake, "<!DOCTYPE html><html>" + std::string(100'000, ' '), 16);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().kind, ErrorKind::corrupt);
  EXPECT_EQ(given_, 16U);
}

TEST_F(Intake, EveryTruncationAndManyFlipsAreFound) {
  const std::string entry = entry_with(200);
  for (std::size_t size = 0; size < entry.size(); ++size) {
    const auto taken = take(std::string_view(entry).substr(0, size), 64);
    ASSERT_FALSE(taken) << size;
    ASSERT_EQ(taken.error().kind, ErrorKind::corrupt) << size << " " << taken.error().message;
  }
  for (std::size_t i = 0; i < entry.size(); ++i) {
    std::string damaged = entry;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
    const auto taken = take(damaged, 64);
    ASSERT_FALSE(taken) << i;
    // Another version of the format, by accident, is none of ours either.
    ASSERT_TRUE(taken.error().kind == ErrorKind::corrupt || taken.error().kind == ErrorKind::unsupported);
  }
  EXPECT_EQ(files_left(), 0U);
}

TEST_F(Intake, ANewAttemptStartsFromNothing) {
  const std::string entry = entry_with(20'000);
  EntryIntake intake = make();
  ASSERT_TRUE(give(intake, entry.substr(0, 15'000), 1000));
  ASSERT_TRUE(give(intake, entry, 1000));
  const auto taken = intake.finish();
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(*os::read_file(taken->path), entry);
  EXPECT_EQ(judged_, 2);
}

TEST_F(Intake, TooManyBytesAreRefusedWhetherAnnouncedOrNot) {
  const std::string entry = entry_with(20'000);
  for (const bool says_size : {true, false}) {
    EntryIntake intake = make(10'000);
    const Status given = give(intake, entry, 1000, says_size);
    ASSERT_FALSE(given);
    EXPECT_EQ(given.error().kind, ErrorKind::unsupported);
    EXPECT_LE(given_, 11'000U);
  }
}

TEST_F(Intake, ASealIsTakenOffTheArchive) {
  const std::string entry = entry_with(20'000);
  for (const std::size_t size : {1UL, 64UL, 100UL, kMaxSeal}) {
    const std::string seal = random_text(size, 7);
    for (const std::size_t piece : {5UL, 4096UL, 1UL << 20}) {
      const auto taken = take(entry + make_seal_frame(seal), piece);
      ASSERT_TRUE(taken) << size << ": " << taken.error().message;
      EXPECT_EQ(taken->seal, seal);
      EXPECT_EQ(taken->size, entry.size());
      EXPECT_EQ(*os::read_file(taken->path), entry);
    }
  }
  EXPECT_FALSE(take(entry + make_seal_frame(std::string(kMaxSeal + 1, 'x'))));
  EXPECT_FALSE(take(entry + make_seal_frame("seal") + "more"));
  EXPECT_FALSE(take(make_seal_frame("seal")));
}

// A seal may hold anything: also what looks like the end of an archive.
TEST_F(Intake, ASealThatLooksLikeATrailerIsOneAllTheSame) {
  const std::string entry = entry_with(100);
  const std::string seal = "x" + make_trailer(base::xxh128("other"));
  const auto taken = take(entry + make_seal_frame(seal));
  EXPECT_FALSE(taken);  // its last bytes are taken for the archive's, whose digest they are not
}

}  // namespace
}  // namespace stillage::archive
