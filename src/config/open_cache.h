// SPDX-License-Identifier: MIT
#pragma once
// The cache of a run, as the configuration wants it: a local one, a remote one behind it, or either.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cache/remote_control.h"
#include "config/checkout.h"
#include "stillage/cache_provider.h"
#include "stillage/result.h"

namespace stillage::config {

struct OpenedCache {
  /// Null: there is none, which was told.
  std::shared_ptr<CacheProvider> provider;
  /// What `provider` answers without asking the remote; not set where there is none.
  std::function<Result<std::unique_ptr<CacheHit>>(const std::string& hash, const Target& target)>
      look_up_near;
  /// Begins to look at the outputs, for a run that looks up before it changes any (see
  /// cache::ArchiveCacheProvider::look_ahead); not set where there is nothing to begin with.
  std::function<void()> look_ahead;
  /// Ends that, before somebody wants to know all that was looked at; set along with it.
  std::function<void()> end_look_ahead;
  /// Of the remote, where there is one that has it. Uploads go on until finish_uploads().
  std::shared_ptr<cache::RemoteControl> remote;
  /// How long the end of a run is to wait for its uploads.
  cache::UploadWait upload_wait;
};

/// The cache for a run of these targets (dependencies first), which the checkout must outlive. Errors
/// (invalid): the remote is not configured as its provider needs it.
Result<OpenedCache> open_cache(const Checkout& checkout, std::vector<Target> targets);

}  // namespace stillage::config
