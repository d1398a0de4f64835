// SPDX-License-Identifier: MIT
#pragma once
// What the answer of a run stands on, sorted by who is to notice a change of it: the watcher service, or a
// look at a few single paths.

#include <optional>
#include <string>
#include <vector>

#include "os/witness.h"
#include "session.h"
#include "watch/watch_list.h"

namespace stillage::cli {

struct WatchedPaths {
  watch::WatchListBuilder list;
  /// Paths that are looked at each time.
  std::vector<std::string> looked_at;
};

/// Of a run that has ended. `entries_folder` is where the local store has its entries. Nothing: the run
/// stands on something of which no change would be noticed, say a folder outside of the checkout.
std::optional<WatchedPaths> watched_paths(const Session& session, const os::Witnessed& witnessed,
                                          const std::string& entries_folder);

}  // namespace stillage::cli
