// SPDX-License-Identifier: MIT
// Programs that know nothing of us read an entry: tar, zstd and libarchive; and what we wrote once stays
// readable.
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>

#include "archive/tar_header.h"
#include "base/json.h"
#include "entry_builder.h"

namespace stillage::archive {
namespace {

using test::TempDir;

constexpr char kGolden[] = STILLAGE_ARCHIVE_DATA "/entry-1.tar.zst";

/// Packs the tree that the golden entry holds.
class OracleTest : public testing::Test {
 protected:
  OracleTest() {
    tree_.make_dir("store");
    const std::string far = "dist/" + std::string(120, 'n') + "/" + std::string(130, '\xfe');
    contents_ = {{"dist/bin.sh", "#!/bin/sh\necho hi\n"},
                 {"dist/empty", ""},
                 {"dist/big.txt", std::string(100'000, 'z') + "\n"},
                 {"dist/odd \xff\n name", "bytes"},
                 {far, "far"},
                 {"dist/\xc3\xa9", "letters"}};
    for (const auto& [path, content] : contents_)
      tree_.write("src/" + path, content, path == "dist/bin.sh" ? 0755 : 0644);
    const os::Fd source = std::move(*os::open_path(tree_ / "src", O_PATH | O_DIRECTORY));
    auto writer = EntryWriter::create(tree_ / "store", {}, 1);
    std::map<std::string, std::function<Status()>> steps;
    for (const auto& [path, content] : contents_)
      steps[path] = [&, path = path] { return writer->add_file(source.get(), path, path); };
    steps["dist/link"] = [&] { return writer->add_symlink("dist/link", "bin.sh"); };
    steps["dist/long"] = [&] { return writer->add_symlink("dist/long", long_text_); };
    steps["dist/none"] = [&] { return writer->add_directory("dist/none", 0750); };
    for (const auto& [path, step] : steps) EXPECT_TRUE(step());
    Manifest manifest = test::manifest_of({});
    manifest.command = {{"build", "make"}};
    manifest.created_ns = 1'769'817'600'000'000'000;
    manifest.duration_ns = 1'500'000'000;
    manifest.platform = {{"os", "linux"}, {"arch", "x64"}};
    manifest.log = {{LogStream::out, "built\n"}, {LogStream::err, "\xff"}};
    auto finished = writer->finish(manifest, os::Durability::rename_only);
    EXPECT_TRUE(finished);
    finished_ = std::move(*finished);
  }

  /// What a command prints to stdout; its exit code must be 0.
  static std::string output_of(const std::string& command) {
    std::string text;
    FILE* const pipe = ::popen(command.c_str(), "re");
    char buffer[4096];
    while (const std::size_t got = std::fread(buffer, 1, sizeof(buffer), pipe)) text.append(buffer, got);
    EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << text;
    return text;
  }

  const std::string long_text_ = "../" + std::string(200, 't');
  TempDir tree_;
  std::map<std::string, std::string> contents_;
  EntryWriter::Finished finished_;
};

TEST_F(OracleTest, TarUnpacksTheTree) {
  tree_.make_dir("out");
  output_of(fmt::format("LC_ALL=C tar --zstd -xpf {} -C {}", finished_.path, tree_ / "out"));
  for (const auto& [path, content] : contents_) EXPECT_TRUE(tree_.read("out/" + path) == content) << path;
  EXPECT_EQ(*os::read_link_at(AT_FDCWD, tree_ / "out/dist/link"), "bin.sh");
  EXPECT_EQ(*os::read_link_at(AT_FDCWD, tree_ / "out/dist/long"), long_text_);
  EXPECT_EQ(os::stat_path(tree_ / "out/dist/none")->value().permissions(), 0750U);
  EXPECT_EQ(os::stat_path(tree_ / "out/dist/bin.sh")->value().permissions(), 0755U);
  const auto manifest = base::parse_json(tree_.read("out/.stillage/manifest.json"), "manifest");
  ASSERT_TRUE(manifest);
  EXPECT_EQ((*manifest)["outputs"].size(), 9U);
  EXPECT_EQ((*manifest)["log"][0]["text"], "built\n");
}

TEST_F(OracleTest, ZstdFindsThreeSoundFramesAndTarListsThem) {
  output_of("zstd -qt " + finished_.path);
  const std::string list =
      output_of(fmt::format("zstd -dc {} | LC_ALL=C tar -t --quoting-style=escape", finished_.path));
  EXPECT_EQ(list.substr(0, list.find('\n', list.find('\n') + 1)), ".stillage/manifest.json\ndist/big.txt");
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 10) << list;
  EXPECT_NE(output_of("zstd -lv " + finished_.path).find("Skippable Frames: 1"), std::string::npos);
}

TEST_F(OracleTest, LibarchiveSeesTheSameEntries) {
  struct ::archive* const reader = ::archive_read_new();
  ::archive_read_support_filter_zstd(reader);
  ::archive_read_support_format_tar(reader);
  ASSERT_EQ(::archive_read_open_filename(reader, finished_.path.c_str(), 65536), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  ASSERT_EQ(::archive_read_next_header(reader, &entry), ARCHIVE_OK);
  EXPECT_STREQ(::archive_entry_pathname(entry), ".stillage/manifest.json");
  for (const Output& output : finished_.manifest.outputs) {
    // Names that are not in the charset of the locale are a warning there; the bytes are the same.
    ASSERT_GE(::archive_read_next_header(reader, &entry), ARCHIVE_WARN) << ::archive_error_string(reader);
    const bool is_folder = output.kind == OutputKind::directory;
    EXPECT_EQ(::archive_entry_pathname(entry), output.path + (is_folder ? "/" : ""));
    EXPECT_EQ(static_cast<std::uint64_t>(::archive_entry_size(entry)), output.size);
    EXPECT_EQ(::archive_entry_uid(entry), 0);
    EXPECT_EQ(::archive_entry_mtime(entry), 0);
    switch (output.kind) {
      case OutputKind::file: {
        EXPECT_EQ(::archive_entry_filetype(entry), AE_IFREG);
        EXPECT_EQ(::archive_entry_perm(entry), output.mode);
        std::string content(output.size + 1, '\0');
        ASSERT_EQ(::archive_read_data(reader, content.data(), content.size()),
                  static_cast<la_ssize_t>(output.size));
        content.pop_back();
        EXPECT_TRUE(content == contents_.at(output.path)) << output.path;
        break;
      }
      case OutputKind::symlink:
        EXPECT_EQ(::archive_entry_filetype(entry), AE_IFLNK);
        EXPECT_EQ(::archive_entry_symlink(entry), output.link);
        break;
      case OutputKind::directory:
        EXPECT_EQ(::archive_entry_filetype(entry), AE_IFDIR);
        EXPECT_EQ(::archive_entry_perm(entry), output.mode);
        break;
    }
  }
  EXPECT_EQ(::archive_read_next_header(reader, &entry), ARCHIVE_EOF);
  ::archive_read_free(reader);
}

TEST(TarHeader, LibarchiveReadsSizesThatNoUstarFieldCanSay) {
  for (const std::uint64_t size : {0ULL, 1ULL, (8ULL << 30) - 1, 8ULL << 30, (8ULL << 30) + 1, 1ULL << 60}) {
    for (const std::size_t length : {1U, 99U, 100U, 101U, 243U}) {
      Output output = test::file_output(std::string(length, 'p'), "", 0640);
      output.size = size;
      std::string tar;
      append_tar_headers(output, tar);
      struct ::archive* const reader = ::archive_read_new();
      ::archive_read_support_format_tar(reader);
      ASSERT_EQ(::archive_read_open_memory(reader, tar.data(), tar.size()), ARCHIVE_OK);
      archive_entry* entry = nullptr;
      ASSERT_EQ(::archive_read_next_header(reader, &entry), ARCHIVE_OK) << ::archive_error_string(reader);
      EXPECT_EQ(static_cast<std::uint64_t>(::archive_entry_size(entry)), size);
      EXPECT_EQ(::archive_entry_pathname(entry), output.path);
      EXPECT_EQ(::archive_entry_perm(entry), 0640U);
      ::archive_read_free(reader);
    }
  }
}

// Never to be made anew: an entry of this format that was stored once must be read by every later version.
TEST_F(OracleTest, TheFrozenEntryStaysReadable) {
  auto reader = EntryReader::open(std::move(*os::open_path(kGolden, O_RDONLY)), "golden");
  ASSERT_TRUE(reader);
  const Status verified = reader->verify();
  ASSERT_TRUE(verified) << verified.error().message;
  const auto manifest = reader->manifest();
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(*manifest, finished_.manifest);
  test::KeepFiles sink;
  ASSERT_TRUE(reader->extract(*manifest, sink));
  EXPECT_TRUE(sink.files == contents_);
}

}  // namespace
}  // namespace stillage::archive
