// SPDX-License-Identifier: MIT
// What is made of npm's answers, and of packages that others have published. The real client and a real
// registry are in tests/contract and tests/e2e.
#include "blob/npm_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "archive/tgz_writer.h"
#include "base/digest.h"
#include "base/hex.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/process.h"
#include "support/fake_npm.h"

namespace stillage::blob {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const PutOptions kIfAbsent{.mode = PutMode::if_absent, .metadata = {}};

std::string version_of(const std::string& key) {
  return "0.0.0-" + base::to_hex(base::sha256(key));
}

class Npm : public ::testing::Test {
 protected:
  Npm() : store_(std::make_unique<NpmStore>(npm_.options())) {}

  Outcome<PutOutcome> put(const std::string& key, std::string_view bytes) {
    net::MemorySource source(bytes);
    return store_->put(key, source, kIfAbsent, {});
  }
  Outcome<std::optional<BlobInfo>> get(const std::string& key) { return store_->get(key, sink_, {}); }
  /// Lets the version of `key` be this package.
  void publish(const std::string& key, const std::function<Status(archive::TgzWriter&)>& fill) {
    const auto file = os::open_path(npm_.package(version_of(key)), O_WRONLY | O_CREAT | O_TRUNC);
    ASSERT_TRUE(file);
    archive::TgzWriter package(file->get(), "package", archive::GzipEffort::usual);
    ASSERT_TRUE(fill(package));
    ASSERT_TRUE(package.finish());
  }

  test::FakeNpm npm_;
  std::unique_ptr<NpmStore> store_;
  net::MemorySink sink_{1 << 20};
};

TEST_F(Npm, AsksAsItSaysAndLeavesNothingBehind) {
  ASSERT_EQ(*put("zone/key", "bytes"), PutOutcome::stored);
  ASSERT_TRUE(get("zone/key"));
  EXPECT_EQ(sink_.bytes(), "bytes");
  const std::string version = version_of("zone/key");
  EXPECT_THAT(npm_.calls(), HasSubstr("\"--tag\", \"stillage\", \"--registry\", \"http://registry.test/\""));
  EXPECT_THAT(npm_.calls(), HasSubstr("[\"pack\", \"cache@" + version + "\", \"--registry\""));
  EXPECT_THAT(*os::list_dir(npm_.scratch()), IsEmpty());
}

TEST_F(Npm, WhatAnNpmRunAroundUsHasSetIsNotForTheseCalls) {
  auto options = npm_.options();
  options.environment.push_back("npm_config_dry_run=true");
  options.environment.push_back("NPM_CONFIG_LOCAL-PREFIX=/somewhere");
  options.environment.push_back("npm_config_https_proxy=http://proxy.test/");
  store_ = std::make_unique<NpmStore>(options);
  ASSERT_TRUE(get("key"));
  EXPECT_THAT(npm_.calls(), Not(HasSubstr("dry_run")));
  EXPECT_THAT(npm_.calls(), Not(HasSubstr("LOCAL")));
  EXPECT_THAT(npm_.calls(), AllOf(HasSubstr("proxy.test"), HasSubstr("\"npm_config_fetch_retries\": \"0\""),
                                  HasSubstr("\"npm_config_ignore_scripts\": \"true\"")));
}

TEST_F(Npm, AnswersMeanWhatTheyMean) {
  const std::pair<const char*, FailureKind> answers[] = {
      {"E401 no", FailureKind::unauthorised},   {"E403 no", FailureKind::unauthorised},
      {"ENEEDAUTH", FailureKind::unauthorised}, {"E503 busy", FailureKind::transient},
      {"ECONNREFUSED", FailureKind::transient}, {"FETCH_ERROR late", FailureKind::transient},
      {"E413 big", FailureKind::too_large},     {"EUSAGE what", FailureKind::protocol}};
  for (const auto& [answer, kind] : answers) {
    npm_.wish(answer);
    const auto got = get("key");
    ASSERT_FALSE(got) << answer;
    EXPECT_EQ(got.error().what, kind) << answer;
    EXPECT_THAT(got.error().message, HasSubstr("the npm registry http://registry.test/ (package cache)"));
    EXPECT_FALSE(store_->contains("key", {})) << answer;
  }
  for (const char* const answer : {"ETARGET none", "E404 none"}) {
    npm_.wish(answer);
    const auto got = get("key");
    ASSERT_TRUE(got) << answer;
    EXPECT_FALSE(*got);
  }
  // Published already, as far as one can tell from the word; but it is not there: one may not publish.
  npm_.wish("E403 You do not have permission");
  const auto stored = put("key", "bytes");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().what, FailureKind::unauthorised);
  npm_.wish("");
  ASSERT_EQ(*put("key", "bytes"), PutOutcome::stored);
  EXPECT_EQ(*put("key", "others"), PutOutcome::already_there);
}

TEST_F(Npm, LoginsAreInNoMessage) {
  npm_.wish("E401 401 Unauthorized - GET http://user:hunter2@registry.test/cache and more");
  const auto got = get("key");
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, AllOf(HasSubstr("registry.test/cache"), Not(HasSubstr("hunter2"))));
}

TEST_F(Npm, AClientThatIsMissingIsSaidSo) {
  auto options = npm_.options();
  options.program = "no-such-npm";
  const auto got = NpmStore(options).get("key", sink_, {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().what, FailureKind::local);
  EXPECT_THAT(got.error().message, AllOf(HasSubstr("no-such-npm"), HasSubstr("install npm")));
}

TEST_F(Npm, AClientThatHangsIsEndedWithAllThatItStarted) {
  npm_.wish("hang");
  auto options = npm_.options();
  options.call_limit = std::chrono::seconds(6);
  const auto start = std::chrono::steady_clock::now();
  const auto got = NpmStore(options).get("key", sink_, {});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().what, FailureKind::transient);
  ASSERT_TRUE(npm_.has("child"));
  EXPECT_FALSE(os::process_info(std::stoi(npm_.read("child"))));
  EXPECT_THAT(*os::list_dir(npm_.scratch()), IsEmpty());
}

TEST_F(Npm, AClientThatOnlyWaitsIsEndedLongBeforeItsTimeIsUp) {
  npm_.wish("hang");
  auto options = npm_.options();
  options.idle_limit = options.patience = std::chrono::seconds(1);
  const auto got = NpmStore(options).get("key", sink_, {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().what, FailureKind::transient);
  EXPECT_EQ(got.error().kind, ErrorKind::timeout);
  EXPECT_THAT(got.error().message, HasSubstr("waited in vain"));
  EXPECT_FALSE(os::process_info(std::stoi(npm_.read("child"))));
}

TEST_F(Npm, AClientThatIsAtWorkIsNotTakenForOneThatWaits) {
  npm_.wish("work");
  auto options = npm_.options();
  options.idle_limit = options.patience = std::chrono::seconds(1);
  const auto got = NpmStore(options).get("key", sink_, {});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_FALSE(*got);
}

TEST_F(Npm, PackagesOfOthersAreBlobsOnlyIfTheyHoldOne) {
  publish("none", [](archive::TgzWriter& package) { return package.add_file("package/index.js", "code"); });
  publish("two", [](archive::TgzWriter& package) -> Status {
    STILLAGE_TRY(package.add_file("package/blob", "one"));
    return package.add_file("package/blob", "two");
  });
  publish("link", [](archive::TgzWriter& package) {
    return package.begin(
        {.path = "package/blob", .kind = archive::OutputKind::symlink, .link = "/etc/passwd"});
  });
  ASSERT_TRUE(os::write_file_atomic(npm_.package(version_of("text")), "not a package"));
  for (const char* const key : {"none", "two", "link", "text"}) {
    const auto got = get(key);
    ASSERT_FALSE(got) << key;
    EXPECT_EQ(got.error().what, FailureKind::protocol) << key;
  }
}

TEST_F(Npm, WhatNpmCantPublishIsNotTried) {
  class Large final : public ByteSource {
   public:
    std::uint64_t size() const override { return kLargestNpmPackage + 1; }
    Status rewind() override { return {}; }
    Result<std::size_t> read(std::span<char>) override { return fail(ErrorKind::io, "nobody should read"); }
  } large;
  const auto stored = store_->put("key", large, kIfAbsent, {});
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().what, FailureKind::too_large);
}

TEST(NpmPackageName, IsWhatNpmTakes) {
  for (const char* const name : {"cache", "@team/cache", "a.b-c_d1"})
    EXPECT_TRUE(is_npm_package_name(name)) << name;
  for (const char* const name :
       {"", "Cache", "../x", "@team", "@/x", "@team/", "a/b", "a b", "-g", ".x", "a@1"})
    EXPECT_FALSE(is_npm_package_name(name)) << name;
}

}  // namespace
}  // namespace stillage::blob
