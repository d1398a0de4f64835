// SPDX-License-Identifier: MIT
#pragma once
// Two providers as one: a local one that is asked first, and a remote one behind it. Either may be absent.
//
// look_up: a local hit asks no remote; a remote hit is first copied, as it is, into the local provider. put
// writes to the local provider unless that was where the hit came from, and to the remote one unless it was a
// remote hit, it is read-only, the target has skip_remote_cache, or write_remote_cache is off.
//
// Where the two keep different formats, a remote hit is restored from the remote each time and never put
// together from the work tree, where other files may lie.

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "stillage/cache_provider.h"

namespace stillage {

struct RemoteFallbackCacheProviderOptions {
  std::shared_ptr<CacheProvider> local_cache_provider;
  std::shared_ptr<CacheProvider> remote_cache_provider;
  bool write_remote_cache = false;
};

class RemoteFallbackCacheProvider : public CacheProvider {
 public:
  explicit RemoteFallbackCacheProvider(RemoteFallbackCacheProviderOptions options);

  Result<std::unique_ptr<CacheHit>> look_up(const std::string& hash, const Target& target) override;
  /// What look_up does before it asks the remote: null says nothing of what that has.
  Result<std::unique_ptr<CacheHit>> look_up_local(const std::string& hash, const Target& target);
  Status prepare(const Target& target) override;
  Status abandon(const Target& target) override;
  Result<PutResult> put(const std::string& hash, const Target& target, const RunResult& run = {}) override;
  Status put_archive(const std::string& hash, const Target& target, const std::string& archive) override;
  Status put_folder(const std::string& hash, const Target& target, const std::string& folder,
                    const RunResult& run = {}) override;
  /// The local provider only, as purge.
  Status clear() override;
  Status purge(int days) override;
  /// True if neither provider would store anything.
  bool is_read_only() const override;

 private:
  bool may_write_remote(const Target& target) const;
  void remember(const std::string& hash, const Target& target, HitSource source, bool is_copied = true);

  RemoteFallbackCacheProviderOptions options_;
  std::mutex mutex_;
  struct KnownHit {
    std::string target;
    HitSource source = HitSource::local;
    bool is_copied = true;  ///< into the local provider
  };
  std::unordered_map<std::string, KnownHit> hits_;  ///< by hash
};

}  // namespace stillage
