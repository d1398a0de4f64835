// SPDX-License-Identifier: MIT
// Tars of every maker, whole, in pieces, cut, damaged and hostile.
#include "archive/tar_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>

#include <functional>

#include "archive/backfill_tar.h"
#include "archive/tar_header.h"

namespace stillage::archive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Remembers what it is given: "file 644 name 12=content", "link name -> text" and so on.
class Listing : public TarVisitor {
 public:
  Status begin(const TarMember& member) override {
    content_.clear();
    size_ = member.size;
    return {};
  }
  Status write(std::string_view bytes) override {
    content_ += bytes;
    return {};
  }
  Status end(const TarMember& member) override {
    EXPECT_EQ(content_.size(), member.kind == TarKind::file ? size_ : 0);
    switch (member.kind) {
      case TarKind::file:
        members.push_back(member.path + "=" + content_);
        break;
      case TarKind::symlink:
        members.push_back(member.path + " -> " + member.link);
        break;
      case TarKind::hard_link:
        members.push_back(member.path + " is " + member.link);
        break;
      case TarKind::directory:
        members.push_back(member.path + "/");
        break;
    }
    last = member;
    return {};
  }
  std::vector<std::string> members;
  TarMember last;

 private:
  std::string content_;
  std::uint64_t size_ = 0;
};

struct Read {
  Status status;
  std::vector<std::string> members;
  TarMember last;
};

Read read(const std::string& tar, std::size_t piece = 1 << 20) {
  Listing listing;
  TarReader reader(listing);
  Status status;
  for (std::size_t at = 0; status && at < tar.size(); at += piece)
    status = reader.feed(std::string_view(tar).substr(at, piece));
  if (status) status = reader.finish();
  return {status, listing.members, listing.last};
}

std::string end() {
  return std::string(1024, '\0');
}

std::string entry(const BackfillTarFile& file, const std::string& content = "") {
  std::string out;
  BackfillTarFile sized = file;
  sized.size = content.size();
  EXPECT_TRUE(append_backfill_headers(sized, out));
  return out + content + std::string(tar_padding(content.size()), '\0');
}

/// Changes a field of the first header, and its checksum.
std::string with(std::string tar, std::size_t at, std::string_view text) {
  tar.replace(at, text.size(), text);
  tar.replace(148, 8, "        ");
  unsigned sum = 0;
  for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(tar[i]);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  tar.replace(148, 7, std::string(digits, 7));
  return tar;
}

void expect_no_tar(const std::string& tar, const std::string& why) {
  const Read got = read(tar);
  ASSERT_FALSE(got.status) << "was taken: " << why;
  EXPECT_EQ(got.status.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(got.status.error().message, HasSubstr(why));
}

const std::string kLong = std::string(40, 'd') + "/" + std::string(120, 'n');

std::string sample() {
  return entry({.path = "lib/a", .mode = 0100755, .mtime_ns = -5'000'000'000}, std::string(700, 'x')) +
         entry({.path = "lib/\xc3\xa9"}, "e") + entry({.path = kLong}, std::string(512, 'y')) +
         entry({.path = "link", .is_link = true, .link = "../" + kLong}) + entry({.path = "empty"}) + end();
}

TEST(TarReader, ReadsWhatBackfillWritesInPiecesOfAnySize) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{511}, std::size_t{512}, std::size_t{1 << 20}}) {
    const Read got = read(sample(), piece);
    ASSERT_TRUE(got.status) << got.status.error().message;
    EXPECT_THAT(got.members,
                ElementsAre("lib/a=" + std::string(700, 'x'), "lib/\xc3\xa9=e",
                            kLong + "=" + std::string(512, 'y'), "link -> ../" + kLong, "empty="));
  }
  const Read one = read(entry({.path = "a", .mode = 0104755, .mtime_ns = -5'000'000'000}) + end());
  EXPECT_EQ(one.last.mode, 04755U);
  EXPECT_EQ(one.last.mtime, -5);
}

TEST(TarReader, ATarThatIsCutAnywhereIsNone) {
  const std::string tar = sample();
  for (std::size_t size = 0; size < tar.size(); ++size)
    ASSERT_FALSE(read(tar.substr(0, size)).status) << "cut to " << size;
}

TEST(TarReader, NothingButItsEndIsATarWithNothing) {
  const Read got = read(end());
  EXPECT_TRUE(got.status);
  EXPECT_TRUE(got.members.empty());
  EXPECT_TRUE(read(std::string(10240, '\0')).status);  // as GNU tar fills up its last record
  expect_no_tar("", "empty");
}

TEST(TarReader, EveryFlippedBitOfAHeaderIsNoticed) {
  const std::string tar = entry({.path = "lib/a", .mode = 0644}, "content") + end();
  for (std::size_t at = 0; at < 512; ++at) {
    std::string damaged = tar;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    const Read got = read(damaged);
    // But for the two bytes after the digits of the checksum itself.
    if (at != 155 && at != 154) {
      EXPECT_FALSE(got.status) << at;
    }
  }
}

TEST(TarReader, NamesLeadToInside) {
  const auto path_of = [](const std::string& name) {
    const Read got = read(entry({.path = name}, "x") + end());
    return got.status ? got.last.path : got.status.error().message;
  };
  EXPECT_EQ(path_of("/etc/passwd"), "etc/passwd");
  EXPECT_EQ(path_of("../../x"), "x");
  EXPECT_EQ(path_of("a/../../b"), "b");
  EXPECT_EQ(path_of("./a//b"), "a/b");
  EXPECT_THAT(path_of(".."), HasSubstr("a name is missing"));
  EXPECT_THAT(path_of(std::string(256, 'n')), HasSubstr("too long"));
}

TEST(TarReader, KindsThatNoPackageHasAreRefused) {
  for (const char type : {'3', '4', '6', 'S', 'V', 'Z'})
    expect_no_tar(with(entry({.path = "a"}), 156, std::string(1, type)) + end(), "neither a file");
  expect_no_tar(with(entry({.path = "a"}, "x"), 156, "2") + end(), "link with content");
}

TEST(TarReader, WhatMakesNoSenseIsRefused) {
  const std::string good = entry({.path = "a"}, "x");
  expect_no_tar(with(good, 257, "nosuch") + end(), "no known format");
  expect_no_tar(with(good, 124, "0000000009x ") + end(), "size");
  expect_no_tar(with(good, 124, std::string("\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12)) + end(),
                "size");
  expect_no_tar(good + std::string(512, '\0') + good + end(), "in its middle");
  expect_no_tar(good + end() + "more", "follows its end");
  expect_no_tar(good + std::string(512, 'x'), "checksum");
  // A long name without the entry that it belongs to.
  expect_no_tar(entry({.path = "\xc3\xa9"}).substr(0, 1024) + end(), "missing");
  // A name of 100 MB is not waited for.
  expect_no_tar(with(entry({.path = "\xc3\xa9"}), 124, "00600000000 ") + end(), "too long");
  std::string record = entry({.path = "\xc3\xa9"});
  record.replace(512, 3, "99 ");
  expect_no_tar(record + end(), "PAX record");
}

/// What libarchive writes: long names and links, folders, hard links.
std::string by_libarchive(const std::function<int(::archive*)>& format) {
  std::string bytes(1 << 20, '\0');
  std::size_t used = 0;
  ::archive* const out = ::archive_write_new();
  format(out);
  ::archive_write_open_memory(out, bytes.data(), bytes.size(), &used);
  const auto add = [&](const std::string& name, unsigned type, const std::string& content,
                       const char* symlink, const char* hard_link) {
    ::archive_entry* const made = ::archive_entry_new();
    ::archive_entry_set_pathname(made, name.c_str());
    ::archive_entry_set_filetype(made, type);
    ::archive_entry_set_perm(made, 0640);
    ::archive_entry_set_mtime(made, 1'600'000'000, 5);
    ::archive_entry_set_size(made, static_cast<la_int64_t>(content.size()));
    if (symlink != nullptr) ::archive_entry_set_symlink(made, symlink);
    if (hard_link != nullptr) ::archive_entry_set_hardlink(made, hard_link);
    EXPECT_EQ(::archive_write_header(out, made), ARCHIVE_OK) << ::archive_error_string(out);
    if (!content.empty()) ::archive_write_data(out, content.data(), content.size());
    ::archive_entry_free(made);
  };
  add("folder/", AE_IFDIR, "", nullptr, nullptr);
  add("folder/file", AE_IFREG, "content", nullptr, nullptr);
  add(kLong, AE_IFREG, "long", nullptr, nullptr);
  add("link", AE_IFLNK, "", kLong.c_str(), nullptr);
  add("hard", AE_IFREG, "", nullptr, "folder/file");
  ::archive_write_close(out);
  ::archive_write_free(out);
  return bytes.substr(0, used);
}

TEST(TarReader, ReadsWhatOthersWrite) {
  for (const auto& format : {::archive_write_set_format_gnutar, ::archive_write_set_format_pax}) {
    const Read got = read(by_libarchive(format));
    ASSERT_TRUE(got.status) << got.status.error().message;
    EXPECT_THAT(got.members, ElementsAre("folder/", "folder/file=content", kLong + "=long",
                                         "link -> " + kLong, "hard is folder/file"));
    EXPECT_EQ(got.last.mode, 0640U);
    EXPECT_EQ(got.last.mtime, 1'600'000'000);
  }
}

}  // namespace
}  // namespace stillage::archive
