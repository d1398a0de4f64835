// SPDX-License-Identifier: MIT
#include "cache/tar_remote.h"

#include <utility>

#include "cache/backfill_package.h"
#include "cache/remote_warning.h"

namespace stillage::cache {

TarRemote::TarRemote(TarRemoteOptions options)
    : store_(options.store),
      meter_(std::move(options.meter)),
      topic_(std::move(options.topic)),
      local_(backfill_base(options.place), options.place.layout),
      tars_(std::make_shared<TarCacheProvider>(
          TarCacheProviderOptions{.store = std::move(options.store),
                                  .place = std::move(options.place),
                                  .stop_look_ups = look_ups_.get_token()})),
      tolerant_(tars_, store_->name(), TolerantOptions{.topic = topic_, .rests_after = 0}),
      uploads_(std::move(options.uploads)) {}

TarRemote::~TarRemote() = default;

Result<std::unique_ptr<CacheHit>> TarRemote::look_up(const std::string& hash, const Target& target) {
  if (look_ups_.stop_requested()) return std::unique_ptr<CacheHit>();
  auto hit = tolerant_.look_up(hash, target);
  ++(hit && *hit ? hits_ : misses_);
  return hit;
}

bool TarRemote::seems_to_have(const std::string& hash, const Target& target) {
  if (hash.empty() || target.skip_remote_cache || !tars_->reads()) return false;
  const auto found = store_->contains(hash, look_ups_.get_token());
  if (!found && found.error().kind != ErrorKind::cancelled)
    tell_failure({.name = remote_name(), .topic = topic_}, "be read", found.error());
  return found && *found;
}

Result<PutResult> TarRemote::put(const std::string& hash, const Target& target, const RunResult& run) {
  auto stored = tolerant_.put(hash, target, run);
  if (stored && stored->entry) ++stored_;
  return stored;
}

Status TarRemote::put_folder(const std::string& hash, const Target& target, const std::string& folder,
                             const RunResult& run) {
  if (folder != local_.entry_path(hash)) return tolerant_.put_folder(hash, target, folder, run);
  STILLAGE_ASSIGN(auto reading, local_.read(hash));
  if (!reading) return fail(ErrorKind::corrupt, "the entry is no longer in the cache");
  const std::uint64_t bytes = reading->entry.bytes();
  // Held until it has been sent: nobody removes it meanwhile.
  const auto held = std::make_shared<BackfillStore::Reading>(std::move(*reading));
  const auto later = [this, hash, target, held](const std::stop_token& stop) {
    return upload(hash, target, held->entry, stop);
  };
  if (!uploads_.add(bytes, later)) ++dropped_;
  return {};
}

bool TarRemote::upload(const std::string& hash, const Target& target, const BackfillEntry& entry,
                       const std::stop_token& stop) {
  const auto why_not = tars_->send(hash, target, entry, stop);
  if (why_not) {
    stored_ += why_not->empty() ? 1 : 0;
  } else if (why_not.error().kind == ErrorKind::cancelled) {
    return false;
  } else {
    ++failures_;
    tell_failure({.name = remote_name(), .topic = topic_}, "be written", why_not.error());
  }
  return true;
}

RemoteFigures TarRemote::figures() const {
  return with_transfers(
      {.hits = hits_, .misses = misses_, .stored = stored_, .failures = failures_, .dropped = dropped_},
      meter_.get());
}

UploadsEnd TarRemote::finish_uploads(const UploadWait& wait, const std::stop_token& stop,
                                     const std::function<void(const UploadsLeft&)>& progress) {
  const UploadsEnd end = uploads_.finish(wait, stop, progress);
  dropped_ += end.dropped.entries;
  tell_dropped({.name = remote_name(), .topic = topic_}, end);
  return end;
}

}  // namespace stillage::cache
