// SPDX-License-Identifier: MIT
#include "net/body.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "os/file.h"
#include "support/temp_dir.h"

namespace stillage::net {
namespace {

using ::testing::HasSubstr;

std::string all_of(ByteSource& source) {
  MemorySink sink(1 << 20);
  const Status copied = copy(source, sink);
  EXPECT_TRUE(copied) << (copied ? "" : copied.error().message);
  return sink.bytes();
}

TEST(Sources, CanBeReadAgain) {
  const test::TempDir dir;
  dir.write("file", "0123456789");
  auto file = FileSource::open(dir / "file");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), 10U);
  EXPECT_EQ(all_of(*file), "0123456789");
  EXPECT_EQ(all_of(*file), "0123456789");
  MemorySource memory("abc");
  EXPECT_EQ(all_of(memory), "abc");
  EXPECT_EQ(all_of(memory), "abc");
  char byte;
  EXPECT_EQ(*memory.read({&byte, 1}), 0U);
}

TEST(Sources, ARangeOfAFile) {
  const test::TempDir dir;
  dir.write("file", "0123456789");
  const auto open = os::open_path(dir / "file", O_RDONLY);
  FileSource range(open->get(), 3, 4, "file");
  EXPECT_EQ(all_of(range), "3456");
  FileSource nothing(open->get(), 10, 0, "file");
  EXPECT_EQ(all_of(nothing), "");
}

TEST(Sources, AFileThatHasBecomeShorterIsAnError) {
  const test::TempDir dir;
  dir.write("file", "0123456789");
  auto file = FileSource::open(dir / "file");
  dir.write("file", "0123");
  MemorySink sink(100);
  const Status copied = copy(*file, sink);
  ASSERT_FALSE(copied);
  EXPECT_THAT(copied.error().message, HasSubstr("shorter"));
}

TEST(Sinks, BeginAgain) {
  const test::TempDir dir;
  const auto file = os::open_path(dir / "file", O_RDWR | O_CREAT);
  ASSERT_TRUE(os::write_all(file->get(), "head", "file"));
  FileSink sink(file->get(), "file", 4);
  ASSERT_TRUE(sink.begin(100));
  ASSERT_TRUE(sink.write("a long first attempt"));
  ASSERT_TRUE(sink.begin({}));
  ASSERT_TRUE(sink.write("se"));
  ASSERT_TRUE(sink.write("cond"));
  EXPECT_EQ(dir.read("file"), "headsecond");
}

TEST(Sinks, MemoryIsBounded) {
  MemorySink sink(4);
  EXPECT_FALSE(sink.begin(5));
  ASSERT_TRUE(sink.begin({}));
  ASSERT_TRUE(sink.write("1234"));
  EXPECT_FALSE(sink.write("5"));
  ASSERT_TRUE(sink.begin(4));
  ASSERT_TRUE(sink.write("abcd"));
  EXPECT_EQ(sink.bytes(), "abcd");
}

}  // namespace
}  // namespace stillage::net
