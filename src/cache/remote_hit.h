// SPDX-License-Identifier: MIT
#pragma once
// A hit of the RemoteArchiveProvider: an entry that was downloaded and verified, and lies in a store now.

#include <string>

#include "cache/entry_file.h"
#include "cache/remote_archive_provider.h"
#include "stillage/cache_provider.h"

namespace stillage::cache {

class RemoteHit : public CacheHit {
 public:
  RemoteHit(RemoteArchiveProvider& provider, Target target, EntryInfo info, Store::Opened entry,
            std::string origin);

  const EntryInfo& info() const override { return info_; }
  Result<RestoreReport> restore(StaleOutputs stale) override;
  Result<std::vector<LogChunk>> log() override;
  /// Nothing has to be done for a provider over the store where the entry lies.
  Status copy_to(CacheProvider& provider) override;

 private:
  /// The same entry as a hit of the checkout's own provider.
  Result<std::unique_ptr<CacheHit>> at_home();

  RemoteArchiveProvider& provider_;
  Target target_;
  EntryInfo info_;
  EntryFile entry_;
  const std::string origin_;
};

}  // namespace stillage::cache
