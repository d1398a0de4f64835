// SPDX-License-Identifier: MIT
// What is the folder's own; the rest is in tests/contract.
#include "blob/directory_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/dir.h"
#include "support/temp_dir.h"

namespace stillage::blob {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Directory : public ::testing::Test {
 protected:
  Outcome<PutOutcome> put(const std::string& key, std::string_view bytes) {
    net::MemorySource source(bytes);
    return store().put(key, source);
  }
  BlobStore& store() { return store_; }
  std::vector<os::DirEntry> incoming() { return *os::list_dir(dir_ / "cache/.incoming"); }

  test::TempDir dir_;
  DirectoryStore store_{dir_ / "cache"};
  net::MemorySink sink_{1000};
};

TEST_F(Directory, IsNotThereWhenItIsNotMounted) {
  for (const auto& outcome : {store().get("key", sink_), store().contains("key")}) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().what, FailureKind::transient);
    EXPECT_THAT(outcome.error().message, HasSubstr("is the drive mounted?"));
  }
  EXPECT_FALSE(put("key", "bytes"));
  EXPECT_FALSE(store().remove("key"));
  EXPECT_FALSE(dir_.exists("cache"));
}

TEST_F(Directory, KeepsBlobsAsPlainFiles) {
  dir_.make_dir("cache");
  ASSERT_TRUE(put("zone/key", "bytes"));
  EXPECT_EQ(dir_.read("cache/zone/key"), "bytes");
  EXPECT_THAT(incoming(), IsEmpty());
}

// Two processes replace one blob, and race to be first with others, while this one reads.
TEST_F(Directory, TwoProcessesShareIt) {
  constexpr int kRounds = 300;
  constexpr std::size_t kSize = 100'000;
  dir_.make_dir("cache");
  std::vector<pid_t> writers;
  for (const char letter : {'a', 'b'}) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      DirectoryStore mine(dir_ / "cache");
      int stored = 0;
      for (int i = 0; i < kRounds; ++i) {
        const std::string bytes(kSize, letter);
        net::MemorySource source(bytes);
        if (!mine.put("shared", source, {}, {})) ::_exit(255);
        const auto first =
            mine.put("round/" + std::to_string(i), source, {.mode = PutMode::if_absent, .metadata = {}}, {});
        if (!first) ::_exit(255);
        if (*first == PutOutcome::stored) ++stored;
      }
      dir_.write(std::string("stored-") + letter, std::to_string(stored));
      ::_exit(0);
    }
    writers.push_back(pid);
  }
  const auto whole = [](const std::string& bytes) {
    return bytes.size() == kSize && bytes.find_first_not_of(bytes.front()) == std::string::npos;
  };
  net::MemorySink sink(kSize);
  for (int i = 0; i < kRounds; ++i) {
    const auto found = store().get("shared", sink);
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_TRUE(!*found || whole(sink.bytes()));
  }
  for (const pid_t pid : writers) {
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(std::stoi(dir_.read("stored-a")) + std::stoi(dir_.read("stored-b")), kRounds);
  for (int i = 0; i < kRounds; ++i) EXPECT_TRUE(whole(dir_.read("cache/round/" + std::to_string(i))));
}

/// Ends before its end, or in the middle.
class BadSource final : public ByteSource {
 public:
  explicit BadSource(bool fails) : fails_(fails) {}
  std::uint64_t size() const override { return 10; }
  Status rewind() override { return {}; }
  Result<std::size_t> read(std::span<char> buffer) override {
    if (fails_) return fail(ErrorKind::io, "cannot read");
    if (read_) return std::size_t{0};
    read_ = true;
    buffer[0] = 'x';
    return std::size_t{1};
  }

 private:
  bool fails_;
  bool read_ = false;
};

TEST_F(Directory, NothingIsLeftOfAPutThatFailed) {
  dir_.make_dir("cache");
  ASSERT_TRUE(put("key", "old"));
  for (const bool fails : {true, false}) {
    BadSource source(fails);
    const auto outcome = store().put("key", source);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().what, FailureKind::local);
    EXPECT_EQ(dir_.read("cache/key"), "old");
    EXPECT_THAT(incoming(), IsEmpty());
  }
}

TEST_F(Directory, WhatADeadWriterLeftGoesAfterADay) {
  dir_.write("cache/.incoming/old", "x");
  dir_.write("cache/.incoming/new", "x");
  const timespec times[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (dir_ / "cache/.incoming/old").c_str(), times, 0), 0);
  ASSERT_TRUE(put("key", "bytes"));
  EXPECT_FALSE(dir_.exists("cache/.incoming/old"));
  EXPECT_TRUE(dir_.exists("cache/.incoming/new"));
}

TEST_F(Directory, ListsBlobsOnly) {
  dir_.write("cache/.incoming/half", "x");
  dir_.write("cache/.hidden", "x");
  dir_.write("cache/a b", "x");
  dir_.write("cache/zone/.stillage-1-2-3", "x");
  dir_.symlink("cache/link", "/etc/passwd");
  dir_.write("cache/zone/key", "x");
  std::vector<std::string> keys;
  ASSERT_TRUE(store().list("", [&](const ListedBlob& blob) -> Outcome<void> {
    keys.push_back(blob.key);
    return {};
  }));
  EXPECT_THAT(keys, ::testing::ElementsAre("zone/key"));
}

TEST_F(Directory, OnlyPlainFilesAreBlobs) {
  dir_.write("outside", "secret");
  dir_.write("cache/key", "x");
  dir_.symlink("cache/link", dir_ / "outside");
  ASSERT_EQ(::mkfifo((dir_ / "cache/pipe").c_str(), 0666), 0);
  for (const char* const key : {"link", "pipe"}) {
    EXPECT_FALSE(*store().get(key, sink_)) << key;
    EXPECT_FALSE(*store().contains(key)) << key;
  }
  EXPECT_EQ(sink_.bytes(), "");
  ASSERT_TRUE(put("link", "own"));
  EXPECT_EQ(dir_.read("outside"), "secret");
}

TEST_F(Directory, AFolderIsNoBlob) {
  dir_.write("cache/zone/key", "x");
  EXPECT_FALSE(*store().get("zone", sink_));
  EXPECT_FALSE(*store().contains("zone"));
  EXPECT_FALSE(*store().get("zone/key/below", sink_));
  EXPECT_TRUE(store().remove("zone"));
  EXPECT_TRUE(dir_.exists("cache/zone/key"));
}

}  // namespace
}  // namespace stillage::blob
