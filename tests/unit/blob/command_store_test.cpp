// SPDX-License-Identifier: MIT
// What is made of a program's answers; a program that works is under tests/contract.
#include "blob/command_store.h"

#include <gmock/gmock.h>

#include "os/command.h"
#include "os/dir.h"
#include "support/temp_dir.h"

namespace stillage::blob {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ExternalCommand : public ::testing::Test {
 protected:
  /// A store over a shell script, to which $1 is the verb and $2 the key.
  CommandStore store(const std::string& script) {
    dir_.write("cache.sh", "#!/bin/sh\n" + script, 0755);
    return CommandStore({.command = {"./cache.sh"},
                         .dir = dir_.path(),
                         .environment = os::environment(),
                         .secrets = {"hunter2"},
                         .scratch = dir_ / "scratch",
                         .idle_limit = std::chrono::milliseconds(400)});
  }

  test::TempDir dir_;
  net::MemorySink sink_{10 << 20};
};

TEST_F(ExternalCommand, ExitCodesMeanWhatTheyMean) {
  const std::pair<const char*, FailureKind> answers[] = {
      {"exit 5", FailureKind::unauthorised},  {"exit 75", FailureKind::transient},
      {"kill -9 $$", FailureKind::transient}, {"exit 1", FailureKind::protocol},
      {"exit 4", FailureKind::protocol},      {"printf half; exit 3", FailureKind::protocol}};
  for (const auto& [script, kind] : answers) {
    const auto got = store(std::string("echo 'token hunter2 is bad' >&2; ") + script).get("key", sink_, {});
    ASSERT_FALSE(got) << script;
    EXPECT_EQ(got.error().what, kind) << script;
    EXPECT_THAT(got.error().message, AllOf(HasSubstr("the command ./cache.sh"), Not(HasSubstr("hunter2"))));
  }
  EXPECT_FALSE(*store("exit 3").get("key", sink_, {}));
  ASSERT_TRUE(*store("exit 0").get("key", sink_, {}));
  EXPECT_THAT(sink_.bytes(), IsEmpty());
}

TEST_F(ExternalCommand, WhatItPrintsHelpsToUnderstandIt) {
  const auto got = store("echo 'no route to the vault' >&2; exit 1").get("key", sink_, {});
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("get exited with 1: no route to the vault"));
}

TEST_F(ExternalCommand, DoesWhatItsCapabilitiesSayAndNoMore) {
  CommandStore reader = store("[ $1 = capabilities ] && echo conditional && exit 0; exit 1");
  EXPECT_TRUE(reader.traits().conditional);
  EXPECT_FALSE(reader.traits().overwrite || reader.traits().list || reader.traits().remove);
  net::MemorySource source("bytes");
  for (const auto& outcome : {reader.remove("key", {}), reader.list("", {}, {})}) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().what, FailureKind::unsupported);
  }
  EXPECT_EQ(reader.put("key", source, {}, {}).error().what, FailureKind::unsupported);
  // One that can't answer can still be read, and says on a put what is wrong.
  CommandStore mute = store("[ $1 = get ] && printf blob && exit 0; echo broken >&2; exit 9");
  EXPECT_TRUE(mute.get("key", sink_, {}));
  const auto stored = mute.put("key", source, {}, {});
  ASSERT_FALSE(stored);
  EXPECT_THAT(stored.error().message, HasSubstr("capabilities exited with 9: broken"));
  CommandStore endless = store("yes overwrite");
  EXPECT_FALSE(endless.traits().overwrite);
}

TEST_F(ExternalCommand, OneThatDoesNotGetOnIsEnded) {
  const auto start = std::chrono::steady_clock::now();
  const auto got = store("printf some; sleep 60").get("key", sink_, {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().what, FailureKind::transient);
  CommandStore deaf = store("[ $1 = capabilities ] && echo overwrite && exit 0; sleep 60");
  net::MemorySource source("bytes");
  const auto stored = deaf.put("key", source, {}, {});
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().what, FailureKind::transient);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(15));
  EXPECT_THAT(*os::list_dir(dir_ / "scratch"), IsEmpty());
}

TEST_F(ExternalCommand, OneThatIsSlowButGetsOnIsWaitedFor) {
  const auto got = store("for i in 1 2 3 4 5 6; do printf x; sleep 0.2; done").get("key", sink_, {});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(sink_.bytes(), "xxxxxx");
}

TEST_F(ExternalCommand, ListsOnlyWhatCanBeAKey) {
  CommandStore lister = store(
      "[ $1 = capabilities ] && echo 'list overwrite' && exit 0\n"
      "printf 'a 5\\n../b 1\\n\\nzone/c\\nother x\\nlast 7'");
  std::vector<std::string> keys;
  const auto listed =
      lister.list("",
                  [&](const ListedBlob& blob) -> Outcome<void> {
                    keys.push_back(blob.key + (blob.size ? "=" + std::to_string(*blob.size) : ""));
                    return {};
                  },
                  {});
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_THAT(keys, ::testing::ElementsAre("a=5", "zone/c", "other", "last=7"));
}

}  // namespace
}  // namespace stillage::blob
