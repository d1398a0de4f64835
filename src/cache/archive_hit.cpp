// SPDX-License-Identifier: MIT
#include "cache/archive_hit.h"

#include "cache/archive_cache_provider.h"
#include "cache/log_root.h"
#include "cache/restore.h"

namespace stillage::cache {

Result<RestoreReport> ArchiveHit::restore(StaleOutputs stale) {
  return restore_outputs(checkout_, *entry_,
                         {.target = *target_, .key = info_.hash, .stale = stale, .only = nullptr});
}

Result<std::optional<RestoreReport>> ArchiveHit::in_place(StaleOutputs stale) {
  if (!snapshot_) return std::optional<RestoreReport>();
  return outputs_in_place(
      checkout_, *entry_,
      {.target = *target_, .key = info_.hash, .stale = stale, .only = nullptr, .snapshot = snapshot_});
}

Result<std::vector<LogChunk>> ArchiveHit::log() {
  STILLAGE_ASSIGN(auto reader, entry_->read());
  auto manifest = reader.manifest();
  if (!manifest) {
    if (manifest.error().kind == ErrorKind::corrupt) entry_->report_damage(manifest.error().message);
    return tl::make_unexpected(manifest.error());
  }
  return with_root(std::move(manifest->log), checkout_.root());
}

Status ArchiveHit::copy_to(CacheProvider& provider) {
  auto* const archives = dynamic_cast<ArchiveCacheProvider*>(&provider);
  if (archives != nullptr && entry_->is_in(archives->store())) return {};
  return entry_->with_path(
      [&](const std::string& path) { return provider.put_archive(info_.hash, *target_, path); });
}

}  // namespace stillage::cache
