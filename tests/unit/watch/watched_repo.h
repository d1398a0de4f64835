// SPDX-License-Identifier: MIT
#pragma once
// A folder with a watcher service at work, for tests.

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "os/file.h"
#include "support/temp_dir.h"
#include "watch/client.h"
#include "watch/service.h"
#include "watch/watch_list.h"

namespace stillage::watch {

class WatchedRepo {
 public:
  WatchedRepo() {
    dir.write("repo/src/x", "x");
    // As long as paths of state folders may be: longer than the address of a socket can hold.
    state = dir / ("state/" + std::string(100, 's'));
    EXPECT_TRUE(os::make_dirs(state));
  }
  ~WatchedRepo() { stop(); }
  WatchedRepo(const WatchedRepo&) = delete;
  WatchedRepo& operator=(const WatchedRepo&) = delete;

  std::string root() const { return dir / "repo"; }
  Client client() const { return Client(state); }

  void start() {
    auto opened = Service::open(root(), state);
    ASSERT_TRUE(opened) << opened.error().message;
    service_ = std::move(*opened);
    thread_ = std::jthread([this](const std::stop_token& stop) { EXPECT_TRUE(service_->run(stop)); });
  }

  void stop() {
    thread_.request_stop();
    wait_for_end();
  }

  void wait_for_end() {
    if (thread_.joinable()) thread_.join();
    service_.reset();
  }

  /// Has everything watched that is there now, and returns when it is.
  void watch_all() const {
    WatchListBuilder builder({root()});
    builder.add_folder(root());
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root()))
      entry.is_directory() && !entry.is_symlink() ? builder.add_folder(entry.path().string())
                                                  : builder.add_file(entry.path().string());
    ASSERT_TRUE(write_watch_list(watch_folder(state), builder.encode()));
    ASSERT_TRUE(client().watch());
    wait_until_complete();
  }

  void wait_until_complete() const {
    for (auto answer = client().changes(); answer && answer->completed_ns == 0; answer = client().changes())
      std::this_thread::yield();
  }

  test::TempDir dir;
  std::string state;

 private:
  std::unique_ptr<Service> service_;
  std::jthread thread_;
};

}  // namespace stillage::watch
