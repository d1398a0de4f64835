// SPDX-License-Identifier: MIT
// A program as a remote cache that breaks in every way a program can.
#include "blob/command_store.h"

#include <algorithm>
#include <filesystem>

#include "contract/is_hit.h"
#include "contract/store_under_faults.h"
#include "os/command.h"
#include "support/in_time.h"

namespace stillage::test {
namespace {

using blob::FailureKind;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

class CommandFaults : public ::testing::Test, protected StoreUnderFaults {
 protected:
  CommandFaults() {
    dir_.make_dir("blobs");
    begin(program(""));
  }

  /// Blobs in a folder, and before that what goes wrong. $1 is the verb, $2 the key.
  std::shared_ptr<blob::BlobStore> program(const std::string& fault) {
    const std::string name = "cache" + std::to_string(++programs_) + ".sh";
    dir_.write(name,
               "#!/bin/sh\ncd blobs\n" + fault +
                   "\ncase $1 in\n"
                   "capabilities) echo overwrite ;;\n"
                   "get) [ -e $2 ] || exit 3; cat $2 ;;\n"
                   "put) cat > $2.aside; [ $(stat -c %s $2.aside) = $STILLAGE_BLOB_SIZE ] || exit 1\n"
                   "  mv $2.aside $2 ;;\n"
                   "esac\n",
               0755);
    return open("./" + name);
  }
  std::shared_ptr<blob::BlobStore> open(const std::string& name) {
    return std::make_shared<blob::CommandStore>(blob::CommandStoreOptions{.command = {name},
                                                                          .dir = dir_.path(),
                                                                          .environment = os::environment(),
                                                                          .secrets = {"sekret"},
                                                                          .scratch = dir_ / "scratch",
                                                                          .idle_limit = milliseconds(1500)});
  }

 private:
  int programs_ = 0;
};

TEST_F(CommandFaults, EachEndsAsTheFailureThatItIs) {
  const std::vector<std::pair<std::string, FailureKind>> faults{
      {"exit 1", FailureKind::protocol},
      {"exit 5", FailureKind::unauthorised},
      {"exit 75", FailureKind::transient},
      {"exit 127", FailureKind::protocol},
      {"kill -9 $$", FailureKind::transient},
      {"kill -SEGV $$", FailureKind::transient},
      {"exec sleep 60", FailureKind::transient},
      // With the pipes closed, but still there.
      {"exec sleep 60 >&- 2>&-", FailureKind::transient},
      {"head -c 200000 $2; exit 1", FailureKind::protocol},
      {"head -c 200000 $2; exit 75", FailureKind::transient},
      {"head -c 200000 $2; exec sleep 60", FailureKind::transient},
      {"head -c 200000 $2; exit 3", FailureKind::protocol},
      {"yes sekret | head -c 1000000 >&2; exit 1", FailureKind::protocol}};
  for (const auto& [fault, kind] : faults) {
    use(program("case $1 in get) " + fault + ";; esac"));
    const auto fetched = fetch(*bare_);
    ASSERT_FALSE(fetched) << fault;
    EXPECT_EQ(fetched.error().what, kind) << fault << ": " << fetched.error().message;
    EXPECT_LT(took_, in_time(milliseconds(5000))) << fault;
    EXPECT_THAT(fetched.error().message, Not(HasSubstr("sekret")));
    expect_nothing_half_done(fault);

    const bool reads = fault.starts_with("head");
    use(program("case $1 in put) " + std::string(reads ? "head -c 200000 > $2.half; exit 75" : fault) +
                ";; esac"));
    const auto stored = put(*bare_);
    ASSERT_FALSE(stored) << fault;
    EXPECT_EQ(stored.error().what, reads ? FailureKind::transient : kind)
        << fault << ": " << stored.error().message;
    EXPECT_LT(took_, in_time(milliseconds(5000))) << fault;
    expect_nothing_half_done(fault);
  }
}

TEST_F(CommandFaults, WhatCanBeGotOverIs) {
  for (const char* const fault : {"exit 75", "kill -9 $$", "head -c 1000 $2; exit 75"}) {
    const std::string twice =
        std::string("[ $(ls ../tries.* 2>/dev/null | wc -l) -lt 2 ] && touch ../tries.$$ && { ") + fault +
        "; }\n";
    use(program("case $1 in get) " + twice + ";; esac"));
    const auto fetched = fetch(*chain_);
    ASSERT_TRUE(is_hit(fetched)) << fault;
    EXPECT_EQ(take_fetched(), blob_) << fault;
    for (const auto& file : std::filesystem::directory_iterator(dir_.path()))
      if (file.path().filename().string().starts_with("tries.")) std::filesystem::remove(file.path());
  }
}

TEST_F(CommandFaults, EveryFaultThatStaysIsToldOnceAndSoonLeftAlone) {
  for (const std::string fault : {"exit 1", "exit 5", "exit 75", "kill -9 $$", "exec sleep 60"}) {
    use(program("case $1 in get) echo of $2 >> ../asked; " + fault + ";; esac"));
    expect_left_alone(fault, "the command ./cache", 50, milliseconds(60'000));
    EXPECT_LE(std::ranges::count(dir_.read("asked"), '\n'), 9) << fault;
    std::filesystem::remove(dir_ / "asked");
    expect_nothing_half_done(fault);
  }
  dir_.write("no program", "neither text nor program", 0644);
  for (const char* const name : {"./no program", "./not there", "/"}) {
    use(open(name));
    const auto fetched = fetch(*bare_);
    ASSERT_FALSE(fetched) << name;
    EXPECT_FALSE(put(*bare_)) << name;
    expect_nothing_half_done(name);
  }
}

// What only a checksum could tell, which entries have: the size need not be known.
TEST_F(CommandFaults, BytesAreTakenAsTheyCome) {
  use(program("case $1 in get) head -c 200000 $2; exit 0;; esac"));
  ASSERT_TRUE(is_hit(fetch(*bare_)));
  EXPECT_EQ(take_fetched(), blob_.substr(0, 200'000));
  // Without end: whoever takes the bytes refuses at some time, and it is ended then.
  use(program("case $1 in get) exec yes;; esac"));
  net::MemorySink sink(1 << 20);
  const auto got = bare_->get("key", sink);
  ASSERT_FALSE(got);
}

}  // namespace
}  // namespace stillage::test
