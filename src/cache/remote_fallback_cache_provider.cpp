// SPDX-License-Identifier: MIT
#include "stillage/remote_fallback_cache_provider.h"

#include <utility>

namespace stillage {
namespace {

/// A hit that was copied into the local provider on its way: restored from there (unless `original` knows
/// better), but remote by origin.
class CopiedHit : public CacheHit {
 public:
  CopiedHit(std::unique_ptr<CacheHit> local, std::unique_ptr<CacheHit> original)
      : local_(std::move(local)), original_(std::move(original)), info_(local_->info()) {
    info_.source = HitSource::remote;
  }
  const EntryInfo& info() const override { return info_; }
  Result<RestoreReport> restore(StaleOutputs stale) override {
    return original_->is_more_than_its_copy() ? original_->restore(stale) : local_->restore(stale);
  }
  Result<std::vector<LogChunk>> log() override { return local_->log(); }
  Status copy_to(CacheProvider& provider) override { return local_->copy_to(provider); }

 private:
  std::unique_ptr<CacheHit> local_;
  std::unique_ptr<CacheHit> original_;
  EntryInfo info_;
};

}  // namespace

RemoteFallbackCacheProvider::RemoteFallbackCacheProvider(RemoteFallbackCacheProviderOptions options)
    : options_(std::move(options)) {}

bool RemoteFallbackCacheProvider::may_write_remote(const Target& target) const {
  return options_.remote_cache_provider && options_.write_remote_cache && !target.skip_remote_cache &&
         !options_.remote_cache_provider->is_read_only();
}

void RemoteFallbackCacheProvider::remember(const std::string& hash, const Target& target, HitSource source,
                                           bool is_copied) {
  const std::lock_guard lock(mutex_);
  hits_.insert_or_assign(hash, KnownHit{target.id, source, is_copied});
}

Result<std::unique_ptr<CacheHit>> RemoteFallbackCacheProvider::look_up_local(const std::string& hash,
                                                                             const Target& target) {
  if (!options_.local_cache_provider) return std::unique_ptr<CacheHit>();
  STILLAGE_ASSIGN(auto hit, options_.local_cache_provider->look_up(hash, target));
  if (hit) remember(hash, target, HitSource::local);
  return hit;
}

Result<std::unique_ptr<CacheHit>> RemoteFallbackCacheProvider::look_up(const std::string& hash,
                                                                       const Target& target) {
  STILLAGE_ASSIGN(auto near_hit, look_up_local(hash, target));
  if (near_hit) return near_hit;
  CacheProvider* const local = options_.local_cache_provider.get();
  CacheProvider* const remote = options_.remote_cache_provider.get();
  if (remote == nullptr || target.skip_remote_cache) return std::unique_ptr<CacheHit>();
  STILLAGE_ASSIGN(auto hit, remote->look_up(hash, target));
  if (!hit) return hit;
  if (local == nullptr || local->is_read_only()) {
    remember(hash, target, HitSource::remote);
    return hit;
  }
  const Status copied = hit->copy_to(*local);
  if (!copied) {
    // A damaged entry is a miss; a provider of another format restores by itself.
    if (copied.error().kind == ErrorKind::corrupt) return std::unique_ptr<CacheHit>();
    if (copied.error().kind != ErrorKind::unsupported) return tl::make_unexpected(copied.error());
    remember(hash, target, HitSource::remote, false);
    return hit;
  }
  STILLAGE_ASSIGN(auto copy, local->look_up(hash, target));
  remember(hash, target, HitSource::remote);
  if (!copy) return hit;
  return std::unique_ptr<CacheHit>(std::make_unique<CopiedHit>(std::move(copy), std::move(hit)));
}

Status RemoteFallbackCacheProvider::prepare(const Target& target) {
  {
    // What a run makes from here on is no longer what was found.
    const std::lock_guard lock(mutex_);
    std::erase_if(hits_, [&](const auto& hit) { return hit.second.target == target.id; });
  }
  if (options_.local_cache_provider) return options_.local_cache_provider->prepare(target);
  if (options_.remote_cache_provider) return options_.remote_cache_provider->prepare(target);
  return {};
}

Status RemoteFallbackCacheProvider::abandon(const Target& target) {
  if (options_.local_cache_provider) return options_.local_cache_provider->abandon(target);
  if (options_.remote_cache_provider) return options_.remote_cache_provider->abandon(target);
  return {};
}

Result<PutResult> RemoteFallbackCacheProvider::put(const std::string& hash, const Target& target,
                                                   const RunResult& run) {
  std::optional<HitSource> source;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = hits_.find(hash); found != hits_.end()) {
      if (!found->second.is_copied)
        return PutResult{
            .entry = nullptr,
            .not_stored_because = "it was restored from the remote cache, which has another format"};
      source = found->second.source;
    }
  }
  CacheProvider* const local = options_.local_cache_provider.get();
  CacheProvider* const remote = options_.remote_cache_provider.get();
  PutResult result;
  if (local == nullptr && remote != nullptr && source != HitSource::remote && !may_write_remote(target)) {
    STILLAGE_TRY(remote->abandon(target));
    result.not_stored_because = "there is no local cache, and it is not to go to the remote one";
    return result;
  }
  if (local != nullptr) {
    if (source == HitSource::local) {
      STILLAGE_ASSIGN(result.entry, local->look_up(hash, target));
    }
    if (!result.entry) {
      STILLAGE_ASSIGN(result, local->put(hash, target, run));
    }
  }
  if (source == HitSource::remote || !may_write_remote(target)) return result;
  if (result.entry) {
    const Status copied = result.entry->copy_to(*options_.remote_cache_provider);
    if (copied) return result;
    // Of a provider of another format the run itself can be stored; a hit can't, because files that are not
    // its own may lie beside those that it restored.
    if (copied.error().kind != ErrorKind::unsupported) return tl::make_unexpected(copied.error());
    if (source != HitSource::local) {
      const auto stored = options_.remote_cache_provider->put(hash, target, run);
      if (!stored) return tl::make_unexpected(stored.error());
    }
    return result;
  }
  // What the local provider would not store for its contents' sake, the remote one must not store either.
  if (local != nullptr && !local->is_read_only()) return result;
  return options_.remote_cache_provider->put(hash, target, run);
}

Status RemoteFallbackCacheProvider::put_archive(const std::string& hash, const Target& target,
                                                const std::string& archive) {
  if (options_.local_cache_provider && !options_.local_cache_provider->is_read_only())
    STILLAGE_TRY(options_.local_cache_provider->put_archive(hash, target, archive));
  if (may_write_remote(target)) return options_.remote_cache_provider->put_archive(hash, target, archive);
  return {};
}

Status RemoteFallbackCacheProvider::put_folder(const std::string& hash, const Target& target,
                                               const std::string& folder, const RunResult& run) {
  if (options_.local_cache_provider && !options_.local_cache_provider->is_read_only())
    STILLAGE_TRY(options_.local_cache_provider->put_folder(hash, target, folder, run));
  if (may_write_remote(target)) return options_.remote_cache_provider->put_folder(hash, target, folder, run);
  return {};
}

Status RemoteFallbackCacheProvider::clear() {
  return options_.local_cache_provider ? options_.local_cache_provider->clear() : Status();
}

Status RemoteFallbackCacheProvider::purge(int days) {
  return options_.local_cache_provider ? options_.local_cache_provider->purge(days) : Status();
}

bool RemoteFallbackCacheProvider::is_read_only() const {
  const auto& local = options_.local_cache_provider;
  const auto& remote = options_.remote_cache_provider;
  const bool writes_local = local && !local->is_read_only();
  const bool writes_remote = remote && options_.write_remote_cache && !remote->is_read_only();
  return !writes_local && !writes_remote;
}

}  // namespace stillage
