// SPDX-License-Identifier: MIT
// Entries made by somebody who knows the format: every digest is right, so only the deeper checks can refuse
// them.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "archive/manifest_json.h"
#include "entry_builder.h"

namespace stillage::archive {
namespace {

using test::entry_of;
using test::file_output;
using test::files_tar;
using test::manifest_of;
using test::manifest_tar;
using test::read_all;
using test::sealed;
using test::ustar_header;
using test::zstd_frame;
using testing::HasSubstr;

std::string end_of_tar() {
  return std::string(1024, '\0');
}
std::string padded(std::string_view content) {
  return std::string(content) + std::string((512 - content.size() % 512) % 512, '\0');
}

/// The entry has a right digest and is refused as corrupt; the error says `why`. No file came out whole.
void expect_refused(const std::string& entry, const std::string& why) {
  const auto result = read_all(entry);
  EXPECT_TRUE(result.verified);
  ASSERT_FALSE(result.read) << "was taken; should be refused: " << why;
  EXPECT_EQ(result.read.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(result.read.error().message, HasSubstr(why));
}

/// An entry whose manifest and tar both hold these outputs, with contents of "x".
std::string consistent(const std::vector<Output>& outputs) {
  std::map<std::string, std::string> contents;
  for (const Output& output : outputs) contents[output.path] = "x";
  return entry_of(manifest_of(outputs), files_tar(outputs, contents));
}

Output link_output(std::string path, std::string text) {
  return {.path = std::move(path), .kind = OutputKind::symlink, .link = std::move(text)};
}

TEST(Hostile, PathsThatLeadElsewhere) {
  for (const std::string path : {"/etc/passwd", "../x", "a/../../x", "a/..", "./x", "a//b", "a/", "..", ".",
                                 "", ".git/hooks/post-checkout", "sub/.GIT/config", ".stillage/manifest.json",
                                 ".stillage-1-2-3", "a/.stillage-1-2-3"})
    expect_refused(consistent({file_output(path, "x")}), "is no path of an output");
  expect_refused(consistent({file_output(std::string("a\0b", 3), "x")}), "is no path of an output");
  expect_refused(consistent({file_output(std::string(256, 'n'), "x")}), "is no path of an output");
  std::string long_path = "a";
  while (long_path.size() <= 4096) long_path += "/a";
  expect_refused(consistent({file_output(long_path, "x")}), "is no path of an output");
  expect_refused(consistent({link_output("../l", "x")}), "is no path of an output");
  expect_refused(consistent({{.path = "/d", .kind = OutputKind::directory, .mode = 0755}}),
                 "is no path of an output");
}

TEST(Hostile, PathsTwiceOrThroughLinks) {
  expect_refused(consistent({file_output("a", "x"), file_output("a", "x")}), "twice");
  expect_refused(consistent({file_output("b", "x"), file_output("a", "x")}), "not in byte order");
  expect_refused(consistent({link_output("a", "/etc"), file_output("a/passwd", "x")}), "lies below");
  expect_refused(
      consistent({link_output("a", "/etc"), file_output("a-b", "x"), file_output("a/passwd", "x")}),
      "lies below");
  expect_refused(consistent({file_output("a", "x"), file_output("a/b", "x")}), "lies below");
  expect_refused(consistent({link_output("a", "."), {.path = "a/d", .kind = OutputKind::directory}}),
                 "lies below");
}

TEST(Hostile, LinksOfNoText) {
  expect_refused(consistent({link_output("a", "")}), "not described");
  expect_refused(consistent({link_output("a", std::string("x\0y", 3))}), "not described");
  expect_refused(consistent({link_output("a", std::string(4096, 'x'))}), "not described");
}

TEST(Hostile, ModesBeyondPermissions) {
  for (const unsigned mode : {04755U, 02755U, 01777U, 0100644U})
    expect_refused(consistent({file_output("a", "x", mode)}), "not described");
}

/// A manifest of the file "a" that holds "content", and any tar.
std::string with_tar(const std::string& tar) {
  return entry_of(manifest_of({file_output("a", "content")}), tar);
}

TEST(Hostile, TheControlIsTaken) {
  const auto result = read_all(with_tar(ustar_header("a", '0', 0644, 7) + padded("content") + end_of_tar()));
  EXPECT_TRUE(result.read) << result.read.error().message;
}

TEST(Hostile, TarEntriesThatAreNotAsTheManifestSays) {
  const std::string content = padded("content");
  const std::string why = "not as the manifest says";
  for (const char type : {'1', '2', '3', '4', '5', '6', '7', 'x', 'g', 'L', 'K', 'S', '\0'})
    expect_refused(with_tar(ustar_header("a", type, 0644, 7) + content + end_of_tar()), why);
  expect_refused(with_tar(ustar_header("a", '1', 0644, 0, "/etc/passwd") + end_of_tar()), why);
  expect_refused(with_tar(ustar_header("a", '2', 0777, 0, "/etc/passwd") + end_of_tar()), why);
  expect_refused(with_tar(ustar_header("b", '0', 0644, 7) + content + end_of_tar()), why);
  expect_refused(with_tar(ustar_header("../a", '0', 0644, 7) + content + end_of_tar()), why);
  expect_refused(with_tar(ustar_header("a", '0', 0755, 7) + content + end_of_tar()), why);
  expect_refused(with_tar(ustar_header("a", '0', 04644, 7) + content + end_of_tar()), why);
  expect_refused(with_tar(ustar_header("a", '0', 0644, 6) + padded("conten") + end_of_tar()), why);
  expect_refused(with_tar(ustar_header("a", '0', 0644, 8) + padded("content!") + end_of_tar()), why);
  expect_refused(with_tar(ustar_header("a", '0', 0644, 7, "link") + content + end_of_tar()), why);
  const std::string pax = "12 path=/e\n";
  expect_refused(with_tar(ustar_header("pax", 'x', 0644, pax.size()) + padded(pax) +
                          ustar_header("a", '0', 0644, 7) + content + end_of_tar()),
                 why);
}

TEST(Hostile, ContentsThatAreNotAsTheManifestSays) {
  const std::string header = ustar_header("a", '0', 0644, 7);
  expect_refused(with_tar(header + padded("CONTENT") + end_of_tar()), "the content of a is not");
  std::string hidden = padded("content");
  hidden[100] = 'h';
  expect_refused(with_tar(header + hidden + end_of_tar()), "not as the manifest says");
  expect_refused(with_tar(header + "cont"), "ends within a");
  expect_refused(with_tar(header), "ends within a");
  expect_refused(with_tar(header + "content"), "ends before a");
}

TEST(Hostile, EntriesTooManyOrTooFew) {
  const std::string file = ustar_header("a", '0', 0644, 7) + padded("content");
  expect_refused(with_tar(""), "ends before a");
  expect_refused(with_tar(end_of_tar()), "not as the manifest says");
  expect_refused(with_tar(file), "ends before the end of the files");
  expect_refused(with_tar(file + std::string(512, '\0')), "ends before the end of the files");
  expect_refused(with_tar(file + end_of_tar() + '\0'), "goes on after the last output");
  expect_refused(with_tar(file + file + end_of_tar()), "the end of the files is not as");
  expect_refused(with_tar(file + ustar_header("b", '0', 0644, 0) + end_of_tar()),
                 "the end of the files is not as");
  expect_refused(with_tar(file + end_of_tar() + ustar_header("b", '0', 0644, 0)),
                 "goes on after the last output");
}

TEST(Hostile, FramesTooManyTooFewOrOfAnotherKind) {
  const std::string head =
      zstd_frame(manifest_tar(encode_manifest(manifest_of({file_output("a", "content")}))));
  const std::string tar = ustar_header("a", '0', 0644, 7) + padded("content") + end_of_tar();
  const std::string files = zstd_frame(tar, false);
  const std::string skippable("\x51\x2A\x4D\x18\x04\0\0\0abcd", 12);
  EXPECT_TRUE(read_all(sealed(head + files)).read);
  EXPECT_TRUE(read_all(sealed(head + zstd_frame(tar, true))).read);
  expect_refused(sealed(head), "cut off");
  expect_refused(sealed(files), "states no size");
  expect_refused(sealed(""), "cut off");
  expect_refused(sealed(head + files + files), "more follows");
  expect_refused(sealed(head + files + skippable), "more follows");
  expect_refused(sealed(head + skippable + files), "no zstd frame");
  expect_refused(sealed(skippable + head + files), "no zstd frame");
  expect_refused(sealed(head + head + files), "not as the manifest says");
  expect_refused(sealed(head + tar), "no zstd frame");
  expect_refused(sealed(head + files.substr(0, files.size() / 2)), "cut off");
  expect_refused(sealed(head + std::string("\x28\xB5\x2F\xFD", 4)), "cut off");
  // zstd of version 0.7, which libzstd can read
  expect_refused(sealed(head + std::string("\x27\xB5\x2F\xFD", 4) + files.substr(4)), "no zstd frame");
}

TEST(Hostile, ASealOfAnotherKind) {
  std::string entry = consistent({file_output("a", "x")});
  ASSERT_TRUE(read_all(entry).verified);
  const std::size_t at = entry.size() - 24;
  std::string magic = entry;
  magic[at] = '\x51';
  EXPECT_FALSE(read_all(magic).verified);
  std::string length = entry;
  length[at + 4] = '\x11';
  EXPECT_FALSE(read_all(length).verified);
}

TEST(Hostile, SizesThatCannotBe) {
  Output giant = file_output("a", "content");
  giant.size = UINT64_MAX;
  expect_refused(entry_of(manifest_of({giant}), end_of_tar()), "more than a disk can hold");
  giant.size = INT64_MAX;
  expect_refused(entry_of(manifest_of({giant, file_output("b", "x")}), end_of_tar()),
                 "more than a disk can hold");
  // As large as an off_t can say: nothing is allocated for it, it just isn't there.
  expect_refused(entry_of(manifest_of({giant}), files_tar({giant}, {{"a", "content"}})), "ends within a");
  // Twice, as if the sum were to wrap around
  Output second = giant;
  second.path = "b";
  Output third = file_output("c", "content");
  expect_refused(entry_of(manifest_of({giant, second, third}), end_of_tar()), "more than a disk can hold");
}

class PeakMemory {
 public:
  PeakMemory() { ::getrusage(RUSAGE_SELF, &before_); }
  long grown_kib() const {
    rusage now{};
    ::getrusage(RUSAGE_SELF, &now);
    return now.ru_maxrss - before_.ru_maxrss;
  }

 private:
  rusage before_{};
};

/// A zstd frame of `first` and `times` MiB of zeros, made block by block so that the test needs no memory for
/// them: 128 KiB of zeros are one byte, run-length coded.
std::string frame_of_zeros(unsigned times, bool states_size, std::string_view first = {}) {
  std::string frame("\x28\xB5\x2F\xFD", 4);
  const std::uint64_t total = (std::uint64_t{times} << 20) + first.size();
  frame += states_size ? '\xC0' : '\0';  // 8 bytes of content size, or none
  frame += '\x38';                       // a window of 128 KiB
  for (int i = 0; states_size && i < 8; ++i) frame += static_cast<char>(total >> (8 * i));
  const auto block = [&](unsigned type, std::size_t size, bool is_last) {
    const std::size_t header = (is_last ? 1U : 0U) | type << 1 | size << 3;
    for (int i = 0; i < 3; ++i) frame += static_cast<char>(header >> (8 * i));
  };
  block(0, first.size(), false);
  frame += first;
  for (unsigned i = 0; i < times * 8; ++i) {
    block(1, 128 << 10, i + 1 == times * 8);
    frame += '\0';
  }
  return frame;
}

TEST(Hostile, ABombThatIsDeclaredSmall) {
  const std::string head =
      zstd_frame(manifest_tar(encode_manifest(manifest_of({file_output("a", "content")}))));
  const PeakMemory memory;
  // No header at all; within the padding; after the end.
  expect_refused(sealed(head + frame_of_zeros(1024, false)), "not as the manifest says");
  const std::string header = ustar_header("a", '0', 0644, 1 << 30);
  expect_refused(sealed(head + frame_of_zeros(1024, false, header)), "not as the manifest says");
  const std::string file = ustar_header("a", '0', 0644, 7) + padded("content");
  const auto result = read_all(sealed(head + frame_of_zeros(1024, false, file + end_of_tar())));
  ASSERT_FALSE(result.read);
  EXPECT_THAT(result.read.error().message, HasSubstr("goes on after the last output"));
  EXPECT_EQ(result.sink.written, 7U);
  EXPECT_LT(memory.grown_kib(), 8 << 10);
}

TEST(Hostile, ABombInTheManifest) {
  const PeakMemory memory;
  expect_refused(sealed(frame_of_zeros(1024, true)), "states no size");
  expect_refused(sealed(frame_of_zeros(128, true)), "states no size");
  expect_refused(sealed(frame_of_zeros(128, false)), "states no size");
  // Declared small, and more comes: libzstd itself notices.
  std::string liar = frame_of_zeros(64, true);
  liar.replace(6, 8, std::string("\0\x10\0\0\0\0\0\0", 8));
  const auto result = read_all(sealed(liar));
  ASSERT_FALSE(result.read);
  EXPECT_EQ(result.read.error().kind, ErrorKind::corrupt);
  // As much as few bytes may: it is all zeros, and no JSON.
  expect_refused(sealed(frame_of_zeros(16, true)), "manifest");
  EXPECT_LT(memory.grown_kib(), 64 << 10);
}

TEST(Hostile, AManifestThatIsAllBrackets) {
  const PeakMemory memory;
  const std::string brackets(15 << 20, '[');
  expect_refused(sealed(zstd_frame(manifest_tar(brackets))), "manifest");
  EXPECT_LT(memory.grown_kib(), 400 << 10);
}

TEST(Hostile, AWindowOfGigabytes) {
  const std::string head = zstd_frame(manifest_tar(encode_manifest(manifest_of({}))));
  std::string frame("\x28\xB5\x2F\xFD\0", 5);
  frame += static_cast<char>((31 - 10) << 3);  // a window of 2 GiB
  frame += std::string("\x01\0\0", 3);         // an empty last block
  expect_refused(sealed(head + frame), "rame requires too much memory");
  expect_refused(sealed(frame + head), "states no size");
}

TEST(Hostile, ManifestHeadersThatLie) {
  const std::string json = encode_manifest(manifest_of({}));
  const std::string good = manifest_tar(json);
  const std::string files = zstd_frame(end_of_tar(), false);
  ASSERT_TRUE(read_all(sealed(zstd_frame(good) + files)).read);
  const auto refused = [&](const std::string& tar) {
    expect_refused(sealed(zstd_frame(tar) + files), "manifest");
  };
  refused(ustar_header(".stillage/manifest.json", '0', 0644, json.size() + 1) + good.substr(512));
  refused(ustar_header(".stillage/manifest.json", '0', 0644, json.size() + 512) + good.substr(512));
  refused(ustar_header(".stillage/manifest.json", '0', 0644, 0) + good.substr(512));
  refused(ustar_header(".stillage/manifest.json", '0', 0644, 077777777777) + good.substr(512));
  refused(ustar_header(".stillage/manifest.json", '5', 0644, json.size()) + good.substr(512));
  refused(ustar_header("other.json", '0', 0644, json.size()) + good.substr(512));
  refused(good + std::string(512, '\0'));
  refused(good.substr(0, good.size() - 512));
  std::string dirty = good;
  if (json.size() % 512 != 0) {
    dirty.back() = 'x';
    refused(dirty);
  }
  refused(std::string(1024, '\0'));
  expect_refused(sealed(zstd_frame(good, false) + files), "states no size");
}

}  // namespace
}  // namespace stillage::archive
