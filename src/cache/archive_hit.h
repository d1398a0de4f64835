// SPDX-License-Identifier: MIT
#pragma once
// A hit of the ArchiveCacheProvider.

#include <memory>
#include <string>
#include <vector>

#include "cache/checkout.h"
#include "cache/entry_file.h"
#include "stillage/cache_provider.h"

namespace stillage::cache {

class ArchiveHit : public CacheHit {
 public:
  /// `snapshot`: of outputs that equal the entry; null if there is none.
  ArchiveHit(Checkout& checkout, std::shared_ptr<const Target> target, EntryInfo info,
             std::shared_ptr<EntryFile> entry, std::shared_ptr<const Snapshot> snapshot = nullptr)
      : checkout_(checkout),
        target_(std::move(target)),
        info_(std::move(info)),
        entry_(std::move(entry)),
        snapshot_(std::move(snapshot)) {}

  const EntryInfo& info() const override { return info_; }
  Result<RestoreReport> restore(StaleOutputs stale) override;
  Result<std::optional<RestoreReport>> in_place(StaleOutputs stale) override;
  Result<std::vector<LogChunk>> log() override;
  /// Nothing has to be done for a provider over the store where the entry lies.
  Status copy_to(CacheProvider& provider) override;

 private:
  Checkout& checkout_;
  std::shared_ptr<const Target> target_;
  EntryInfo info_;
  std::shared_ptr<EntryFile> entry_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace stillage::cache
