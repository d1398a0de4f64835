// SPDX-License-Identifier: MIT
#pragma once
// Which scripts run in a checkout, on disk, so that those of a run that was killed can be ended before
// another runs the same targets (docs/formats/state.md). All methods for a target are to be called by who
// holds its lock.

#include <string>

#include "os/process.h"
#include "run/target_locks.h"
#include "stillage/target.h"

namespace stillage::run {

/// Safe for use from many threads, for different targets.
class RunningScripts {
 public:
  /// Uses the folder `running` of the checkout's state folder.
  explicit RunningScripts(const std::string& checkout_dir);

  /// Ends what killed runs have left, of every target whose lock is free; to be called when a run starts.
  void end_orphans(TargetLocks& locks);
  /// The same for one target. True if there was something to end, which is told.
  bool end_orphans_of(const Target& target);

  /// A script is about to be started; then, is running.
  Status add(const Target& target);
  Status set_process(const Target& target, os::ProcessId leader);
  void remove(const Target& target);

 private:
  std::string folder_;
  os::ProcessId own_id_;
};

/// Whether a script of this checkout is at work, or was when its run was killed, or it can't be told.
bool may_have_running_scripts(const std::string& checkout_dir);

}  // namespace stillage::run
