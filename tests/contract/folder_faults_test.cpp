// SPDX-License-Identifier: MIT
// A folder as a remote cache whose drive is full, gone or not to be written to, and whose files change while
// they are read.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "blob/directory_store.h"
#include "contract/store_under_faults.h"

namespace stillage::test {
namespace {

using blob::FailureKind;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// As on a drive that is full: no file of this process grows beyond that size.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

/// Does something to the blob's file once its first bytes have come.
class MeddlingSink final : public net::ByteSink {
 public:
  explicit MeddlingSink(std::function<void()> meddle) : meddle_(std::move(meddle)) {}
  Status begin(std::optional<std::uint64_t>) override { return {}; }
  Status write(std::string_view bytes) override {
    if (seen_.empty()) meddle_();
    seen_ += bytes;
    return {};
  }
  const std::string& seen() const { return seen_; }

 private:
  std::function<void()> meddle_;
  std::string seen_;
};

class FolderFaults : public ::testing::Test, protected StoreUnderFaults {
 protected:
  FolderFaults() {
    std::filesystem::create_directory(folder_);
    begin(std::make_shared<blob::DirectoryStore>(folder_));
    use(std::make_shared<blob::DirectoryStore>(folder_));
  }

  /// What lies there beside blobs: what is being put, or was once.
  std::vector<std::string> left_overs() const {
    std::vector<std::string> found;
    const std::filesystem::path incoming = folder_ + "/.incoming";
    if (std::filesystem::exists(incoming))
      for (const auto& file : std::filesystem::directory_iterator(incoming)) found.push_back(file.path());
    return found;
  }

  const std::string folder_ = dir_ / "remote";
  const std::string file_ = folder_ + "/key";
};

TEST_F(FolderFaults, AFullDriveKeepsWhatItHas) {
  for (const rlim_t room : {0, 1, 100'000, 599'999}) {
    const FileSizeLimit limit(room);
    for (const char* const key : {"new", "key"}) {
      const auto stored = put(*bare_, key);
      ASSERT_FALSE(stored) << room;
      EXPECT_EQ(stored.error().what, FailureKind::transient);
      EXPECT_THAT(stored.error().message, HasSubstr("cannot write"));
    }
    EXPECT_THAT(left_overs(), IsEmpty());
    EXPECT_EQ(there("new"), std::nullopt);
    EXPECT_EQ(there("key"), blob_);
  }
  ASSERT_TRUE(put(*bare_));
  EXPECT_EQ(there("new"), blob_);
}

TEST_F(FolderFaults, AFileThatGoesAwayWhileItIsReadIsReadToItsEnd) {
  MeddlingSink removed([this] { ::unlink(file_.c_str()); });
  ASSERT_TRUE(*bare_->get("key", removed));
  EXPECT_EQ(removed.seen(), blob_);
  EXPECT_EQ(there("key"), std::nullopt);

  ASSERT_TRUE(put(*direct_, "key"));
  MeddlingSink replaced([this] { EXPECT_TRUE(put(*direct_, "key")); });
  ASSERT_TRUE(*bare_->get("key", replaced));
  EXPECT_EQ(replaced.seen(), blob_);
}

TEST_F(FolderFaults, AFileThatIsCutOffOrGrowsWhileItIsReadIsAFailure) {
  MeddlingSink cut([this] { EXPECT_EQ(::truncate(file_.c_str(), 300'000), 0); });
  const auto shorter = bare_->get("key", cut);
  ASSERT_FALSE(shorter);
  EXPECT_EQ(shorter.error().what, FailureKind::transient);
  EXPECT_THAT(shorter.error().message, HasSubstr("of 600000 bytes"));

  ASSERT_TRUE(put(*direct_, "key"));
  MeddlingSink grown([this] { EXPECT_EQ(::truncate(file_.c_str(), 700'000), 0); });
  const auto longer = bare_->get("key", grown);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().what, FailureKind::transient);
}

TEST_F(FolderFaults, ADriveThatIsNotThereIsToldOnceAndLeftAlone) {
  const std::string away = dir_ / "away";
  std::filesystem::rename(folder_, away);
  expect_left_alone("not mounted", folder_, 50, milliseconds(5000));
  EXPECT_FALSE(put(*chain_));
  EXPECT_FALSE(std::filesystem::exists(folder_));
  std::filesystem::rename(away, folder_);
  expect_nothing_half_done("not mounted");
}

TEST_F(FolderFaults, WhatIsNoFileIsNoBlob) {
  std::filesystem::remove(file_);
  std::filesystem::create_directories(file_ + "/below");
  const auto missed = fetch(*bare_);
  EXPECT_TRUE(missed && !*missed);
  const auto stored = put(*bare_, "key");
  ASSERT_FALSE(stored);
  EXPECT_TRUE(std::filesystem::exists(file_ + "/below"));
  EXPECT_THAT(left_overs(), IsEmpty());
}

}  // namespace
}  // namespace stillage::test
