// SPDX-License-Identifier: MIT
#include "hasher/file_manifest.h"

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace stillage::hasher {
namespace {

using namespace std::string_literals;

const std::string kHash(40, 'a');
const std::string kOther(40, 'b');

TEST(FileManifest, IsReadAndWrittenAsLageDoes) {
  const std::string text =
      "b/x y\0"s + "1600000000123\0"s + "7\0"s + kHash + "\n" + "folder\0"s + "5\0"s + "4096\0"s;
  const FileManifest manifest = FileManifest::parse(text);
  EXPECT_EQ(manifest.damaged_lines(), 0U);
  ASSERT_NE(manifest.find("b/x y"), nullptr);
  EXPECT_EQ(*manifest.find("b/x y"), (ManifestEntry{1600000000123, 7, kHash}));
  EXPECT_EQ(*manifest.find("folder"), (ManifestEntry{5, 4096, ""}));
  EXPECT_EQ(manifest.text(), text) << "no line feed at the end";
}

TEST(FileManifest, ADamagedLineCostsThatLineOnly) {
  for (const std::string& damaged :
       {""s, "no fields at all"s, "x\0one\0"s + "1\0"s + kHash, "x\0"s + "1\0"s + "two\0"s + kHash,
        "x\0"s + "1\0"s + "1\0"s + kHash.substr(1), "x\0"s + "1\0"s + "1\0"s + kHash + "\0more"s,
        "\0"s + "1\0"s + "1\0"s + kHash, "x\0"s + "1\0"s + "1\0G"s + kHash.substr(1)}) {
    SCOPED_TRACE(testing::PrintToString(damaged));
    const std::string good = "a\0"s + "1\0"s + "2\0"s + kHash;
    const FileManifest manifest = FileManifest::parse(good + "\n" + damaged);
    EXPECT_EQ(manifest.size(), 1U);
    EXPECT_NE(manifest.find("a"), nullptr);
    EXPECT_EQ(manifest.damaged_lines(), 1U);
  }
}

TEST(FileManifest, TheRestOfANameWithALineFeedIsNoEntry) {
  // lage wrote "dir/n\nl.ts"; there may well be a file l.ts.
  const FileManifest manifest = FileManifest::parse("dir/n\nl.ts\0"s + "1\0"s + "2\0"s + kHash + "\n" +
                                                    "z\0"s + "1\0"s + "2\0"s + kOther);
  EXPECT_EQ(manifest.find("l.ts"), nullptr);
  EXPECT_NE(manifest.find("z"), nullptr);
}

TEST(FileManifest, NamesThatWouldEndLageAreNotWritten) {
  FileManifest manifest;
  for (const std::string& name : {"n\nl"s, "n\rl"s, "n\xE2\x80\xA8l"s, "n\xE2\x80\xA9l"s, "fine"s})
    manifest.set(name, {1, 2, kHash});
  EXPECT_EQ(manifest.text(), "fine\0"s + "1\0"s + "2\0"s + kHash);
  EXPECT_NE(manifest.find("n\nl"), nullptr) << "this process still knows it";
}

TEST(FileManifest, OfOnePathTheLastLineCounts) {
  const FileManifest manifest =
      FileManifest::parse("a\0"s + "1\0"s + "2\0"s + kHash + "\n" + "a\0"s + "3\0"s + "4\0"s + kOther);
  EXPECT_EQ(*manifest.find("a"), (ManifestEntry{3, 4, kOther}));
}

TEST(FileManifest, AMissingFileIsNone) {
  const test::TempDir dir;
  const std::string path = FileManifest::path_in(dir.path());
  EXPECT_EQ(path, dir / "node_modules/.cache/lage/file_hashes.manifest");
  EXPECT_FALSE(FileManifest::read(path)->has_value());
  FileManifest manifest;
  manifest.set("a", {1, 2, kHash});
  ASSERT_TRUE(manifest.write(path));
  EXPECT_NE(FileManifest::read(path)->value().find("a"), nullptr);
}

}  // namespace
}  // namespace stillage::hasher
