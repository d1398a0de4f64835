// SPDX-License-Identifier: MIT
// Backfill's packages: what is in one that we make, and what becomes of one that somebody else has made. The
// original beside ours is in tests/e2e.
#include <fcntl.h>
#include <gmock/gmock.h>

#include <map>

#include "archive/gzip.h"
#include "archive/tar_header.h"
#include "archive/tar_reader.h"
#include "archive/tgz_writer.h"
#include "cache/npm_package_store.h"
#include "os/dir.h"
#include "os/file.h"
#include "support/fake_npm.h"

namespace stillage::cache {
namespace {

using archive::Output;
using archive::OutputKind;
using archive::TarKind;
using blob::FailureKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using Members = std::map<std::string, std::string>;  ///< path → content, or "-> " and a link's text

/// What is in a tar.
class Listing final : public archive::TarVisitor {
 public:
  Status begin(const archive::TarMember& member) override {
    if (member.kind == TarKind::symlink) members[member.path] = "-> " + member.link;
    if (member.kind == TarKind::file) content_ = &(members[member.path] = "");
    modes[member.path] = member.mode;
    return {};
  }
  Status write(std::string_view bytes) override {
    *content_ += bytes;
    return {};
  }
  Status end(const archive::TarMember&) override { return {}; }

  Members members;
  std::map<std::string, std::uint32_t> modes;

 private:
  std::string* content_ = nullptr;
};

class NpmPackage : public ::testing::Test {
 protected:
  static std::string tar_of(const Members& members, std::uint32_t mode = 0644) {
    std::string tar;
    for (const auto& [path, content] : members) {
      Output output{.path = path, .kind = OutputKind::file, .mode = mode, .size = content.size()};
      const bool is_link = content.starts_with("-> ");
      if (is_link) output = {.path = path, .kind = OutputKind::symlink, .link = content.substr(3)};
      archive::append_tar_headers(output, tar);
      if (!is_link) tar += content + std::string(archive::tar_padding(content.size()), '\0');
    }
    return tar + std::string(archive::kTarEnd, '\0');
  }
  blob::Outcome<blob::PutOutcome> put(const std::string& hash, const std::string& tar) {
    net::MemorySource source(tar);
    return store_.put(hash, source, {}, {});
  }
  /// The tar that comes back.
  Listing get(const std::string& hash) {
    Listing listing;
    net::MemorySink sink(1 << 20);
    const auto got = store_.get(hash, sink, {});
    EXPECT_TRUE(got && *got) << (got ? "a miss" : got.error().message);
    archive::TarReader reader(listing);
    EXPECT_TRUE(reader.feed(sink.bytes()));
    EXPECT_TRUE(reader.finish());
    return listing;
  }
  /// What npm and registries see.
  Listing package(const std::string& hash) {
    Listing listing;
    archive::TarReader reader(listing);
    const auto file = os::open_path(npm_.package("0.0.0-" + hash), O_RDONLY);
    EXPECT_TRUE(archive::gunzip(file->get(), "package", 1 << 24,
                                [&](std::string_view bytes) { return reader.feed(bytes); }));
    EXPECT_TRUE(reader.finish());
    return listing;
  }
  /// A package of somebody else's.
  blob::Outcome<std::optional<blob::BlobInfo>> get_of(const std::vector<Output>& members) {
    const auto file = os::open_path(npm_.package("0.0.0-abc"), O_WRONLY | O_CREAT | O_TRUNC);
    archive::TgzWriter package(file->get(), "package", archive::GzipEffort::usual);
    for (const Output& member : members) {
      EXPECT_TRUE(package.begin(member));
      EXPECT_TRUE(package.write(std::string(member.size, 'x')));
      EXPECT_TRUE(package.end());
    }
    EXPECT_TRUE(package.finish());
    sink_ = net::MemorySink(1 << 20);
    return store_.get("abc", sink_, {});
  }

  test::FakeNpm npm_;
  NpmPackageStore store_{npm_.options()};
  net::MemorySink sink_{1 << 20};
};

TEST_F(NpmPackage, IsThatOfBackfill) {
  ASSERT_TRUE(put("abc", tar_of({{"lib/a.js", "code"}, {"lib/.hidden", "dot"}}, 0755)));
  const Listing made = package("abc");
  EXPECT_THAT(made.members,
              ElementsAre(Pair("package/lib/.hidden", "dot"), Pair("package/lib/a.js", "code"),
                          Pair("package/package.json", "{\"name\":\"cache\",\"version\":\"0.0.0-abc\"}\n")));
  EXPECT_EQ(made.modes.at("package/lib/a.js"), 0755U);
}

TEST_F(NpmPackage, GivesBackAllThatWasPut) {
  const Members outputs{{"package.json", "{\"name\":\"own\"}"},
                        {".stillage/more.tar", "an output that is called so"},
                        {".stillage/other", "and its neighbour"},
                        {".npmignore", "*"},
                        {"lib/.gitignore", "*"},
                        {"lib/node_modules/x/index.js", "nested"},
                        {"lib/package.json", "not the package's"},
                        {"lib/link", "-> ../package.json"},
                        {"lib/away", "-> /etc/hostname"},
                        {"lib/bad-\xff-name", "bytes"},
                        {"lib/" + std::string(120, 'n'), "long"},
                        {"lib/empty", ""}};
  ASSERT_TRUE(put("abc", tar_of(outputs, 0640)));
  const Listing back = get("abc");
  EXPECT_EQ(back.members, outputs);
  EXPECT_EQ(back.modes.at("lib/empty"), 0640U);
  // No link or odd name is where a registry could stumble over it, and the package's manifest is the cache's.
  const Listing made = package("abc");
  EXPECT_THAT(made.members.at("package/package.json"), HasSubstr("\"cache\""));
  EXPECT_EQ(made.members.count("package/lib/link"), 0U);
  EXPECT_EQ(made.members.count("package/.stillage/more.tar"), 1U);
  EXPECT_THAT(*os::list_dir(npm_.scratch()), IsEmpty());
}

TEST_F(NpmPackage, MayHoldNothing) {
  ASSERT_TRUE(put("abc", tar_of({})));
  EXPECT_THAT(get("abc").members, IsEmpty());
}

TEST_F(NpmPackage, IsNeverReplaced) {
  ASSERT_EQ(*put("abc", tar_of({{"a", "1"}})), blob::PutOutcome::stored);
  EXPECT_EQ(*put("abc", tar_of({{"a", "2"}})), blob::PutOutcome::already_there);
  EXPECT_THAT(get("abc").members, ElementsAre(Pair("a", "1")));
}

TEST_F(NpmPackage, OfSomebodyElseHasFilesOfItsFolderOnly) {
  const auto file = [](const std::string& path) { return Output{.path = path, .mode = 0644, .size = 3}; };
  ASSERT_TRUE(get_of(
      {file("other/package.json"), file("other/lib/a"), file("other/../../lib/b"), file("/other/lib/c")}));
  Listing listing;
  archive::TarReader reader(listing);
  ASSERT_TRUE(reader.feed(sink_.bytes()) && reader.finish());
  // ".." leads no further up than to the folder itself, whose name does not count.
  EXPECT_THAT(listing.members, ElementsAre(Pair("b", "xxx"), Pair("lib/a", "xxx"), Pair("lib/c", "xxx")));
  const std::vector<std::vector<Output>> strange{
      {{.path = "package/lib/link", .kind = OutputKind::symlink, .link = "/etc/passwd"}},
      {file("alone")},
      {file("package/.stillage/more.tar")},  // is no tar
      {file("package/.stillage/more.tar"), file("package/.stillage/more.tar")}};
  for (const auto& members : strange) {
    const auto got = get_of(members);
    ASSERT_FALSE(got) << members.front().path;
    EXPECT_EQ(got.error().what, FailureKind::protocol) << got.error().message;
  }
  ASSERT_TRUE(os::write_file_atomic(npm_.package("0.0.0-abc"), "no package at all"));
  EXPECT_FALSE(store_.get("abc", sink_, {}));
}

TEST_F(NpmPackage, HashesAreWhatVersionsCanHold) {
  for (const char* const hash : {"", "../x", "a b", "a_b", "a/b"}) {
    EXPECT_FALSE(put(hash, tar_of({}))) << hash;
    EXPECT_FALSE(store_.get(hash, sink_, {})) << hash;
  }
}

TEST_F(NpmPackage, WhatIsNoTarIsNotPut) {
  const auto stored = put("abc", "no tar");
  ASSERT_FALSE(stored);
  EXPECT_FALSE(npm_.has("0.0.0-abc.tgz"));
}

}  // namespace
}  // namespace stillage::cache
