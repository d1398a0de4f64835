// SPDX-License-Identifier: MIT
#include "cache/tar_cache_provider.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "cache/backfill_entry.h"
#include "cache/backfill_package.h"
#include "cache/backfill_restore.h"
#include "cache/backfill_store.h"
#include "cache/backfill_tar_sink.h"
#include "cache/backfill_tar_source.h"
#include "cache/seen_contents.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

/// The sum that the original compares with maxSize: of what each output's name leads to.
std::uint64_t size_of_outputs(const BackfillEntry& entry, const std::string& package) {
  std::uint64_t sum = entry.bytes();
  for (const BackfillEntry::Item& item : entry.items()) {
    if (!item.is_link) continue;
    const auto content =
        item.content
            ? item.content
            : os::stat_path(os::join_path(package, item.path), os::Links::follow).value_or(std::nullopt);
    if (content) sum += content->size;
  }
  return sum;
}

Result<BackfillEntry> open_entry(const std::string& folder) {
  STILLAGE_ASSIGN(auto entry, BackfillEntry::open(folder));
  if (!entry) return fail(ErrorKind::corrupt, "the entry is no longer there");
  return std::move(*entry);
}

}  // namespace

struct TarCacheProvider::State {
  explicit State(TarCacheProviderOptions given)
      : blobs(std::move(given.store)),
        place(std::move(given.place)),
        local(backfill_base(place), place.layout),
        stop_look_ups(std::move(given.stop_look_ups)) {
    if (place.cache_options.cache_storage_config)
      max_size = place.cache_options.cache_storage_config->max_size;
  }

  std::shared_ptr<blob::BlobStore> blobs;
  BackfillCacheProviderOptions place;
  BackfillStore local;
  SeenContents seen;
  std::stop_token stop_look_ups;
  std::uint64_t max_size = 0;

  Result<std::unique_ptr<CacheHit>> hit(const std::shared_ptr<State>& self, const std::string& hash,
                                        const Target& target, BackfillStore::Stage stage,
                                        std::uint64_t stored_bytes);
};

class TarHit : public CacheHit {
 public:
  TarHit(std::shared_ptr<TarCacheProvider::State> state, Target target, BackfillStore::Stage stage,
         EntryInfo info)
      : state_(std::move(state)),
        target_(std::move(target)),
        stage_(std::move(stage)),
        info_(std::move(info)) {}

  const EntryInfo& info() const override { return info_; }

  Result<RestoreReport> restore(StaleOutputs /*stale*/) override {
    STILLAGE_ASSIGN(const BackfillEntry entry, open_entry(stage_.path()));
    STILLAGE_ASSIGN(auto package, BackfillPackage::open(state_->place, target_.cwd));
    return restore_backfill_entry(entry, package.folder, package.paths, InnerLinks::as_links);
  }

  Result<std::vector<LogChunk>> log() override { return std::vector<LogChunk>(); }

  Status copy_to(CacheProvider& provider) override {
    return provider.put_folder(info_.hash, target_, stage_.path());
  }

  bool is_more_than_its_copy() const override { return true; }

 private:
  std::shared_ptr<TarCacheProvider::State> state_;
  Target target_;
  BackfillStore::Stage stage_;
  EntryInfo info_;
};

Result<std::unique_ptr<CacheHit>> TarCacheProvider::State::hit(const std::shared_ptr<State>& self,
                                                               const std::string& hash, const Target& target,
                                                               BackfillStore::Stage stage,
                                                               std::uint64_t stored_bytes) {
  STILLAGE_ASSIGN(const BackfillEntry entry, open_entry(stage.path()));
  EntryInfo info;
  info.hash = hash;
  info.target_id = target.id;
  info.source = HitSource::remote;
  info.stored_bytes = stored_bytes;
  info.output_bytes = entry.bytes();
  info.outputs = entry.items().size();
  info.created_ns = entry.changed_ns();
  return std::unique_ptr<CacheHit>(std::make_unique<TarHit>(self, target, std::move(stage), std::move(info)));
}

TarCacheProvider::TarCacheProvider(TarCacheProviderOptions options)
    : state_(std::make_shared<State>(std::move(options))) {}

TarCacheProvider::~TarCacheProvider() = default;

bool TarCacheProvider::is_read_only() const {
  const CacheMode mode = state_->place.cache_options.mode;
  return mode == CacheMode::read_only || mode == CacheMode::pass;
}

bool TarCacheProvider::reads() const {
  const CacheMode mode = state_->place.cache_options.mode;
  return mode == CacheMode::read_write || mode == CacheMode::read_only;
}

Result<std::unique_ptr<CacheHit>> TarCacheProvider::look_up(const std::string& hash, const Target& target) {
  STILLAGE_TRY(BackfillStore::check_hash(hash));
  if (hash.empty() || !reads()) return std::unique_ptr<CacheHit>();
  BackfillTarSink tar([this] { return state_->local.make_stage(); }, state_->max_size);
  const auto got = state_->blobs->get(hash, tar, state_->stop_look_ups);
  const auto miss = [&] {
    if (state_->place.cache_options.incremental_caching) state_->seen.remember(hash, target.cwd);
    return std::unique_ptr<CacheHit>();
  };
  if (tar.is_too_large()) {
    base::verbose(fmt::format("A blob is too large to be downloaded: {}, size: {} bytes", hash, tar.size()));
    return miss();
  }
  if (got && !*got) return miss();
  auto stage = got ? tar.finish() : Result<BackfillStore::Stage>(tl::make_unexpected(got.error()));
  if (stage) return state_->hit(state_, hash, target, std::move(*stage), tar.size());
  (void)miss();
  if (stage.error().kind != ErrorKind::corrupt) return tl::make_unexpected(stage.error());
  return fail_in("the blob " + hash, stage.error());
}

Result<PutResult> TarCacheProvider::put(const std::string& hash, const Target& target,
                                        const RunResult& /*run*/) {
  STILLAGE_TRY(BackfillStore::check_hash(hash));
  PutResult result;
  if (is_read_only()) result.not_stored_because = "the cache is read-only";
  if (hash.empty()) result.not_stored_because = "it has no hash";
  if (!target.cache) result.not_stored_because = "it is not cached";
  if (!result.not_stored_because.empty()) return result;
  STILLAGE_ASSIGN(auto package, BackfillPackage::open(state_->place, target.cwd));
  const auto store = [&]() -> Status {
    STILLAGE_ASSIGN(auto outputs, package.outputs_of(target, state_->place));
    if (state_->place.cache_options.incremental_caching)
      outputs = state_->seen.changed_of(hash, package.path, outputs);
    // What is sent must not change on its way.
    STILLAGE_ASSIGN(BackfillStore::Stage stage, state_->local.make_stage());
    STILLAGE_TRY(copy_outputs(package.folder, outputs, stage.folder()));
    STILLAGE_ASSIGN(const BackfillEntry entry, open_entry(stage.path()));
    STILLAGE_ASSIGN(result.not_stored_because, send(hash, target, entry));
    if (!result.not_stored_because.empty()) return {};
    STILLAGE_ASSIGN(result.entry, state_->hit(state_, hash, target, std::move(stage), 0));
    return {};
  };
  const Status stored = store();
  if (!stored &&
      (stored.error().kind == ErrorKind::invalid || stored.error().kind == ErrorKind::unsupported)) {
    result.not_stored_because = stored.error().message;
    return result;
  }
  if (!stored) return tl::make_unexpected(stored.error());
  return result;
}

Status TarCacheProvider::put_folder(const std::string& hash, const Target& target, const std::string& folder,
                                    const RunResult& /*run*/) {
  STILLAGE_ASSIGN(const BackfillEntry entry, open_entry(folder));
  STILLAGE_ASSIGN(const std::string why_not, send(hash, target, entry));
  return {};
}

Result<std::string> TarCacheProvider::send(const std::string& hash, const Target& target,
                                           const BackfillEntry& entry, const std::stop_token& stop) {
  STILLAGE_TRY(BackfillStore::check_hash(hash));
  if (is_read_only()) return fail(ErrorKind::invalid, "the cache is read-only");
  if (hash.empty()) return fail(ErrorKind::invalid, "an entry without a hash can't be stored");
  if (state_->max_size > 0) {
    const std::uint64_t size = size_of_outputs(entry, target.cwd);
    if (size > state_->max_size) {
      std::string why = fmt::format("The output is too large to be uploaded: {}, size: {} bytes", hash, size);
      base::verbose(why);
      return why;
    }
  }
  STILLAGE_ASSIGN(auto tar, BackfillTarSource::of(entry));
  STILLAGE_TRY(state_->blobs->put(hash, tar, {}, stop));
  return std::string();
}

Status TarCacheProvider::clear() {
  return fail(ErrorKind::unsupported, fmt::format("{} is not emptied from here: remove its blobs, or let a "
                                                  "lifecycle rule of the storage account do so",
                                                  state_->blobs->name()));
}

Status TarCacheProvider::purge(int /*days*/) {
  return clear();
}

}  // namespace stillage::cache
