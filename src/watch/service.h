// SPDX-License-Identifier: MIT
#pragma once
// The watcher service of one checkout (docs/watch-service.md): it knows which paths have changed since a
// time, or says that it does not; and it keeps what the paths looked like at some time before (looks.h). It
// never reads a file of the checkout, and decides nothing.

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "os/fd.h"
#include "os/lock.h"
#include "stillage/result.h"
#include "watch/looks.h"
#include "watch/mounts.h"
#include "watch/tree_watch.h"
#include "watch/wire.h"

namespace stillage::watch {

/// Below a checkout's state folder: the list, the socket, the lock and the cookies of its service.
std::string watch_folder(const std::string& state_folder);
std::string cookie_folder(const std::string& state_folder);

class Service {
 public:
  /// Ready to answer. An `unsupported` error where changes can't be told; `invalid`: another one is at work.
  static Result<std::unique_ptr<Service>> open(const std::string& root, const std::string& state_folder);
  ~Service();

  /// Answers until it is told to stop, or the checkout is not at its place any more.
  Status run(const std::stop_token& stop);

 private:
  Service(std::string root, std::string state_folder, os::FileLock lock);
  Status start_over();
  /// Takes what has happened; starts over if not all of it can be known.
  Status catch_up();
  Status check_mounts();
  Status take_list();
  std::vector<std::string> places() const;
  void serve(int client);
  Answer answer(const Question& question);
  Answer tell_changes(const Question& question);
  void register_list();
  bool looks_are_good() const;
  bool go_on_looking();

  std::string root_, folder_, cookies_, mount_namespace_;
  os::FileLock lock_;
  os::Fd mountinfo_, listener_;
  std::vector<std::string> places_;  ///< whose mounts matter
  Mounts mounts_;
  bool is_mounted_anew_ = false;
  std::unique_ptr<TreeWatch> watch_;
  bool wants_looks_ =
      false;  ///< a run has ended since the last time that it was found out whether they are good
  std::optional<LookTaker> looking_;
  std::uint64_t looked_since_ = 0;  ///< of the looks that are written down; 0: there are none
  std::size_t looked_at_ = 0;       ///< how many paths those are
  std::uint64_t instance_ = 0;      ///< of what is known: another one knows nothing of its times
  bool is_gone_ = false;
  bool is_told_to_stop_ = false;
};

}  // namespace stillage::watch
