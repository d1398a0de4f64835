// SPDX-License-Identifier: MIT
#include "watch/watch_list.h"

#include <gmock/gmock.h>

#include "support/temp_dir.h"

namespace stillage::watch {
namespace {

using testing::ElementsAre;

TEST(WatchList, HasAllFoldersUpToTheBase) {
  WatchListBuilder builder({"/r/repo", "/s"});
  builder.add_file("/r/repo/a/b/file");
  builder.add_file("/r/repo/a/b/file");
  builder.add_folder("/r/repo/a-b");
  builder.add_file("/s/x");
  builder.add_file("/elsewhere/y");
  builder.add_folder("/r");
  const std::string payload = builder.encode();
  const auto list = parse_watch_list(payload);
  ASSERT_TRUE(list);
  EXPECT_THAT(list->bases, ElementsAre("/r/repo", "/s"));
  EXPECT_THAT(list->folders, ElementsAre("/r/repo", "/r/repo/a", "/r/repo/a-b", "/r/repo/a/b", "/s"));
  EXPECT_THAT(list->files, ElementsAre("/r/repo/a/b/file", "/s/x"));
}

TEST(WatchList, IncludesWhatWasAdded) {
  WatchListBuilder small({"/r"}), big({"/r"});
  small.add_file("/r/a/x");
  big.add_file("/r/b/y");
  const std::string small_payload = small.encode();
  const auto small_list = parse_watch_list(small_payload);
  ASSERT_TRUE(small_list);
  {
    const std::string payload = big.encode();
    EXPECT_FALSE(parse_watch_list(payload)->includes(*small_list));
  }
  big.add(*small_list);
  const std::string payload = big.encode();
  EXPECT_TRUE(parse_watch_list(payload)->includes(*small_list));
  EXPECT_FALSE(small_list->includes(*parse_watch_list(payload)));
}

TEST(WatchList, DamagedOrUnsortedIsNone) {
  WatchListBuilder builder({"/r"});
  builder.add_file("/r/a/x");
  builder.add_file("/r/a/y");
  const std::string payload = builder.encode();
  for (std::size_t size = 0; size < payload.size(); ++size)
    EXPECT_FALSE(parse_watch_list(payload.substr(0, size))) << size;
  EXPECT_FALSE(parse_watch_list(payload + "x"));
  std::string swapped = payload;
  std::swap(swapped[payload.rfind('x')], swapped[payload.rfind('y')]);
  EXPECT_FALSE(parse_watch_list(swapped));
}

TEST(WatchList, IsWrittenAndRead) {
  const test::TempDir dir;
  EXPECT_FALSE(read_watch_list(dir.path()));
  WatchListBuilder builder({"/r"});
  builder.add_file("/r/a/x");
  ASSERT_TRUE(write_watch_list(dir.path(), builder.encode()));
  const auto stored = read_watch_list(dir.path());
  ASSERT_TRUE(stored);
  EXPECT_THAT(stored->list.files, ElementsAre("/r/a/x"));
  dir.write("list", dir.read("list").substr(1));
  EXPECT_FALSE(read_watch_list(dir.path()));
}

}  // namespace
}  // namespace stillage::watch
