// SPDX-License-Identifier: MIT
// Uploads that a program does: what counts as getting on, at the end of a run, is what it does, not only the
// bytes that it takes.
#include <gtest/gtest.h>

#include "blob/command_store.h"
#include "blob/npm_store.h"
#include "cache/npm_package_store.h"
#include "cache/upload_queue.h"
#include "config/remote_store.h"
#include "os/command.h"
#include "support/fake_npm.h"
#include "support/temp_dir.h"

namespace stillage::config {
namespace {

using std::chrono::seconds;

/// Why the wait for one upload to `store` has ended.
cache::WaitEnd end_of_upload(std::shared_ptr<blob::BlobStore> store, std::string_view bytes = "bytes") {
  const RemoteStore remote = decorate(std::move(store), 0);
  cache::UploadQueue queue(upload_options(remote));
  queue.add(bytes.size(), [&](const std::stop_token& stop) {
    net::MemorySource source(bytes);
    const auto put =
        remote.blobs->put("abc", source, {.mode = blob::PutMode::if_absent, .metadata = {}}, stop);
    if (!put && !stop.stop_requested()) ADD_FAILURE() << put.error().message;
    return put.has_value();
  });
  return queue.finish({.longest = seconds(60), .without_progress = seconds(1)}, {}).why;
}

class CommandUpload : public ::testing::Test {
 protected:
  /// A store whose program takes the blob and then runs `script`.
  std::shared_ptr<blob::BlobStore> store(const std::string& script) {
    dir_.write("cache.sh",
               "#!/bin/sh\n[ $1 = capabilities ] && echo conditional && exit\ncat > blob\n" + script, 0755);
    return std::make_shared<blob::CommandStore>(blob::CommandStoreOptions{
        .command = {"./cache.sh"}, .dir = dir_.path(), .environment = os::environment()});
  }

  test::TempDir dir_;
};

TEST_F(CommandUpload, AProgramThatWorksAfterItTookTheBlobIsWaitedFor) {
  const auto working =
      store("i=0; while [ $i -lt 25 ]; do head -c 4096 /dev/zero > /dev/null; sleep 0.1; i=$((i + 1)); done");
  EXPECT_EQ(end_of_upload(working), cache::WaitEnd::all_done);
}

TEST_F(CommandUpload, OneThatOnlyWaitsIsNot) {
  EXPECT_EQ(end_of_upload(store("exec sleep 60")), cache::WaitEnd::no_progress);
}

TEST(NpmUpload, ABusyClientIsWaitedForAndOneThatHangsIsNot) {
  const test::FakeNpm npm;
  npm.wish("work");
  EXPECT_EQ(end_of_upload(std::make_shared<blob::NpmStore>(npm.options())), cache::WaitEnd::all_done);
  npm.wish("hang");
  EXPECT_EQ(end_of_upload(std::make_shared<blob::NpmStore>(npm.options())), cache::WaitEnd::no_progress);
}

TEST(NpmUpload, SoIsOneThatPublishesForBackfill) {
  const test::FakeNpm npm;
  npm.wish("work");
  const std::string empty_tar(1024, '\0');
  EXPECT_EQ(end_of_upload(std::make_shared<cache::NpmPackageStore>(npm.options()), empty_tar),
            cache::WaitEnd::all_done);
}

}  // namespace
}  // namespace stillage::config
