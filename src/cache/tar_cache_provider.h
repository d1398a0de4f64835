// SPDX-License-Identifier: MIT
#pragma once
// Backfill's remote cache: one tar per hash in a store of blobs (docs/formats/lage-azure.md), byte for byte
// what the original would have uploaded, and read with the same trust in it that strangers deserve. What the
// original does otherwise is in docs/compatibility.md.

#include <memory>
#include <stop_token>
#include <string>

#include "blob/blob_store.h"
#include "cache/backfill_entry.h"
#include "stillage/backfill_cache_provider.h"
#include "stillage/cache_provider.h"
#include "stillage/result.h"

namespace stillage::cache {

struct TarCacheProviderOptions {
  std::shared_ptr<blob::BlobStore> store;
  /// Where the checkout and its local cache are, in which entries are put together and taken apart.
  /// cache_storage_config.max_size limits what is sent (the sum of the files' sizes, links looked through)
  /// and fetched (the size of the tar).
  BackfillCacheProviderOptions place;
  /// Ends look-ups that are under way, and later ones: `cancelled` failures.
  std::stop_token stop_look_ups = {};
};

/// Differs from what CacheProvider says as BackfillCacheProvider does, and in this: there are no logs; a hit
/// has been downloaded and checked whole when look_up returns, into a folder that goes with the hit; links
/// are restored as links.
///
/// Errors: `corrupt` for a blob that is no whole tar; those of the store; `invalid` for a hash that is no
/// plain name, for outputs that a tar can't hold, and for a target outside of the checkout. What maxSize does
/// not let through is a miss, or not stored, told at verbose level.
class TarCacheProvider : public CacheProvider {
 public:
  explicit TarCacheProvider(TarCacheProviderOptions options);
  ~TarCacheProvider() override;

  Result<std::unique_ptr<CacheHit>> look_up(const std::string& hash, const Target& target) override;
  Result<PutResult> put(const std::string& hash, const Target& target, const RunResult& run = {}) override;
  Status put_folder(const std::string& hash, const Target& target, const std::string& folder,
                    const RunResult& run = {}) override;
  /// Uploads an entry of the folder format; "" or why that is not to be done. Errors as put_folder.
  Result<std::string> send(const std::string& hash, const Target& target, const BackfillEntry& entry,
                           const std::stop_token& stop = {});
  /// `unsupported`: other people's entries are not removed from here.
  Status clear() override;
  Status purge(int days) override;
  bool is_read_only() const override;
  /// Whether the mode lets entries be looked up.
  bool reads() const;

 private:
  friend class TarHit;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stillage::cache
