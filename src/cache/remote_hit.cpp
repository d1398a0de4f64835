// SPDX-License-Identifier: MIT
#include "cache/remote_hit.h"

namespace stillage::cache {

RemoteHit::RemoteHit(RemoteArchiveProvider& provider, Target target, EntryInfo info, Store::Opened entry,
                     std::string origin)
    : provider_(provider),
      target_(std::move(target)),
      info_(std::move(info)),
      entry_(provider.options_.store, std::move(entry)),
      origin_(std::move(origin)) {}

Result<std::unique_ptr<CacheHit>> RemoteHit::at_home() {
  STILLAGE_ASSIGN(ArchiveCacheProvider* const home, provider_.home());
  STILLAGE_ASSIGN(auto hit, home->hit_in(provider_.options_.store, info_.hash, target_,
                                         {.name = entry_.name(), .origin = origin_}));
  if (!hit) return fail(ErrorKind::corrupt, "the downloaded entry of " + target_.id + " is gone");
  return hit;
}

Result<RestoreReport> RemoteHit::restore(StaleOutputs stale) {
  STILLAGE_ASSIGN(const auto hit, at_home());
  return hit->restore(stale);
}

Result<std::vector<LogChunk>> RemoteHit::log() {
  STILLAGE_ASSIGN(const auto hit, at_home());
  return hit->log();
}

Status RemoteHit::copy_to(CacheProvider& provider) {
  auto* const archives = dynamic_cast<ArchiveCacheProvider*>(&provider);
  if (archives != nullptr && entry_.is_in(archives->store())) return {};
  return entry_.with_path(
      [&](const std::string& path) { return provider.put_archive(info_.hash, target_, path); });
}

}  // namespace stillage::cache
