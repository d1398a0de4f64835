// SPDX-License-Identifier: MIT
#pragma once
// Whether a remote cache can be used from here: what a person would try by hand, tried on its store.

#include <cstdint>
#include <stop_token>
#include <string>

#include "blob/blob_store.h"
#include "config/finding.h"

namespace stillage::config {

struct RemoteCheckOptions {
  /// Whether to put a blob, get it back and remove it.
  bool writes = false;
  /// What stands before "v1/" in the keys to use: "" or "zones/<zone>/".
  std::string prefix = {};
  /// How large that blob is.
  std::uint64_t bytes = 1'000'000;
  /// How many look-ups the latency is the median of.
  int rounds = 5;
};

/// Looks up a key that nobody has put, several times; compares clocks where the store tells; with `writes`,
/// puts a blob under such a key, compares what comes back, and removes it. Ends at the first failure that
/// makes the rest pointless. Takes the bare store: a failure is to be seen, not to be tried again. Never
/// fails itself: what goes wrong is a finding, and no finding holds a secret.
Findings check_remote(blob::BlobStore& store, const RemoteCheckOptions& options,
                      const std::stop_token& stop = {});

/// What a failure means to whoever has to do something about it.
Finding explain(const blob::Failure& failure, std::string check);

}  // namespace stillage::config
