// SPDX-License-Identifier: MIT
#include "stillage/backfill_cache_provider.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <utility>

#include "base/strings.h"
#include "cache/backfill_entry.h"
#include "cache/backfill_log.h"
#include "cache/backfill_outputs.h"
#include "cache/backfill_package.h"
#include "cache/backfill_restore.h"
#include "cache/backfill_store.h"
#include "cache/seen_contents.h"
#include "os/file.h"

namespace stillage {

using cache::BackfillEntry;
using cache::BackfillPackage;
using cache::BackfillStore;

namespace {

/// How often an entry is looked at anew that somebody replaces or writes to while it is being read.
constexpr int kTries = 5;

enum class Storage { files, skip_marker };

Result<Storage> storage_of(const CacheOptions& options) {
  const std::string provider = options.cache_storage_config ? options.cache_storage_config->provider : "";
  if (provider.empty() || provider == "local") return Storage::files;
  if (provider == "local-skip") return Storage::skip_marker;
  return fail(ErrorKind::unsupported,
              fmt::format("cacheStorageConfig: \"{}\" is no local cache: use \"local\" or \"local-skip\"",
                          base::printable(provider)));
}

PutResult not_stored(std::string why) {
  return {.entry = nullptr, .not_stored_because = std::move(why)};
}

}  // namespace

struct BackfillCacheProvider::State {
  explicit State(BackfillCacheProviderOptions given)
      : options(std::move(given)), store(cache::backfill_base(options), options.layout) {}

  BackfillCacheProviderOptions options;
  BackfillStore store;
  cache::SeenContents seen;

  Result<std::unique_ptr<CacheHit>> open_hit(const std::shared_ptr<State>& self, const std::string& hash,
                                             const Target& target);
  Status store_text(const std::string& hash, const RunResult& run) {
    return store.write_log(hash, cache::to_log_text(run.log));
  }
};

/// An entry that was found: looked at again when it is restored, because another process may have replaced
/// it.
class BackfillHit : public CacheHit {
 public:
  BackfillHit(std::shared_ptr<BackfillCacheProvider::State> state, Target target, EntryInfo info)
      : state_(std::move(state)), target_(std::move(target)), info_(std::move(info)) {}

  const EntryInfo& info() const override { return info_; }

  Result<RestoreReport> restore(StaleOutputs /*stale*/) override {
    RestoreReport report;
    STILLAGE_TRY(with_entry([&](const BackfillEntry& entry) -> Status {
      STILLAGE_ASSIGN(auto package, BackfillPackage::open(state_->options, target_.cwd));
      STILLAGE_ASSIGN(report, cache::restore_backfill_entry(entry, package.folder, package.paths,
                                                            cache::InnerLinks::as_copies));
      return {};
    }));
    return report;
  }

  Result<std::vector<LogChunk>> log() override {
    STILLAGE_ASSIGN(const auto text, state_->store.read_log(info_.hash));
    return text ? cache::from_log_text(*text) : std::vector<LogChunk>();
  }

  Status copy_to(CacheProvider& provider) override {
    RunResult run;
    STILLAGE_ASSIGN(run.log, log());
    STILLAGE_ASSIGN(const auto reading, state_->store.read(info_.hash));
    if (!reading) return gone();
    return provider.put_folder(info_.hash, target_, state_->store.entry_path(info_.hash), run);
  }

 private:
  static tl::unexpected<Error> gone() {
    return fail(ErrorKind::corrupt, "the entry is no longer in the cache");
  }

  Status with_entry(const std::function<Status(const BackfillEntry&)>& use) {
    for (int i = 1;; ++i) {
      Status used;
      {
        const auto reading = state_->store.read(info_.hash);
        if (reading && !*reading) return gone();
        used = reading ? use((*reading)->entry) : tl::make_unexpected(reading.error());
      }
      if (used || used.error().kind != ErrorKind::corrupt || i == kTries) return used;
      std::this_thread::sleep_for(std::chrono::milliseconds(20 * i));
    }
  }

  std::shared_ptr<BackfillCacheProvider::State> state_;
  Target target_;
  EntryInfo info_;
};

namespace {

/// The hit of "local-skip": the outputs are taken to be in place.
class SkipHit : public CacheHit {
 public:
  SkipHit(EntryInfo info, std::vector<LogChunk> log) : info_(std::move(info)), log_(std::move(log)) {}
  const EntryInfo& info() const override { return info_; }
  Result<RestoreReport> restore(StaleOutputs /*stale*/) override { return RestoreReport{}; }
  Result<std::vector<LogChunk>> log() override { return log_; }
  Status copy_to(CacheProvider& /*provider*/) override {
    return fail(ErrorKind::unsupported, "\"local-skip\" keeps no outputs that could be copied");
  }

 private:
  EntryInfo info_;
  std::vector<LogChunk> log_;
};

}  // namespace

Result<std::unique_ptr<CacheHit>> BackfillCacheProvider::State::open_hit(const std::shared_ptr<State>& self,
                                                                         const std::string& hash,
                                                                         const Target& target) {
  EntryInfo info;
  info.hash = hash;
  info.target_id = target.id;
  STILLAGE_ASSIGN(const Storage storage, storage_of(options.cache_options));
  if (storage == Storage::skip_marker) {
    STILLAGE_ASSIGN(const auto last, store.read_skip_marker(hash));
    if (last != hash) return std::unique_ptr<CacheHit>();
    STILLAGE_ASSIGN(const auto text, store.read_log(hash));
    auto log = text ? cache::from_log_text(*text) : std::vector<LogChunk>();
    return std::unique_ptr<CacheHit>(std::make_unique<SkipHit>(std::move(info), std::move(log)));
  }
  const auto reading = store.read(hash);
  // One that is being written to right now is none yet.
  if (!reading && reading.error().kind == ErrorKind::corrupt) return std::unique_ptr<CacheHit>();
  if (!reading) return tl::make_unexpected(reading.error());
  if (!*reading) return std::unique_ptr<CacheHit>();
  const BackfillEntry& entry = (*reading)->entry;
  info.stored_bytes = entry.bytes();
  info.output_bytes = entry.bytes();
  info.outputs = entry.items().size();
  info.created_ns = entry.changed_ns();
  return std::unique_ptr<CacheHit>(std::make_unique<BackfillHit>(self, target, std::move(info)));
}

BackfillCacheProvider::BackfillCacheProvider(BackfillCacheProviderOptions options)
    : state_(std::make_shared<State>(std::move(options))) {}

BackfillCacheProvider::~BackfillCacheProvider() = default;

bool BackfillCacheProvider::is_read_only() const {
  const CacheMode mode = state_->options.cache_options.mode;
  return mode == CacheMode::read_only || mode == CacheMode::pass;
}

Result<std::unique_ptr<CacheHit>> BackfillCacheProvider::look_up(const std::string& hash,
                                                                 const Target& target) {
  STILLAGE_TRY(BackfillStore::check_hash(hash));
  STILLAGE_TRY(storage_of(state_->options.cache_options));
  const CacheMode mode = state_->options.cache_options.mode;
  if (hash.empty() || mode == CacheMode::write_only || mode == CacheMode::pass)
    return std::unique_ptr<CacheHit>();
  auto hit = state_->open_hit(state_, hash, target);
  const bool is_miss = !hit || !*hit;
  if (is_miss && state_->options.cache_options.incremental_caching) state_->seen.remember(hash, target.cwd);
  return hit;
}

Result<PutResult> BackfillCacheProvider::put(const std::string& hash, const Target& target,
                                             const RunResult& run) {
  STILLAGE_TRY(BackfillStore::check_hash(hash));
  STILLAGE_ASSIGN(const Storage storage, storage_of(state_->options.cache_options));
  if (is_read_only()) return not_stored("the cache is read-only");
  if (hash.empty()) return not_stored("it has no hash");
  if (!target.cache) return not_stored("it is not cached");

  const CacheOptions& options = state_->options.cache_options;
  Status stored = state_->store_text(hash, run);
  if (stored && storage == Storage::skip_marker) stored = state_->store.write_skip_marker(hash);
  if (stored && storage == Storage::files) {
    STILLAGE_ASSIGN(auto package, BackfillPackage::open(state_->options, target.cwd));
    auto outputs = package.outputs_of(target, state_->options);
    if (outputs && options.incremental_caching && !os::exists(state_->store.entry_path(hash)))
      outputs = state_->seen.changed_of(hash, package.path, *outputs);
    stored = outputs
                 ? state_->store.put(
                       hash, [&](int stage) { return cache::copy_outputs(package.folder, *outputs, stage); })
                 : tl::make_unexpected(outputs.error());
  }
  if (!stored && stored.error().kind != ErrorKind::io) return not_stored(stored.error().message);
  if (!stored) return tl::make_unexpected(stored.error());
  PutResult result;
  STILLAGE_ASSIGN(result.entry, state_->open_hit(state_, hash, target));
  if (!result.entry) result.not_stored_because = "its entry was removed at once by another process";
  return result;
}

Status BackfillCacheProvider::put_folder(const std::string& hash, const Target& /*target*/,
                                         const std::string& folder, const RunResult& run) {
  STILLAGE_TRY(BackfillStore::check_hash(hash));
  STILLAGE_ASSIGN(const Storage storage, storage_of(state_->options.cache_options));
  if (is_read_only()) return fail(ErrorKind::invalid, "the cache is read-only");
  if (hash.empty()) return fail(ErrorKind::invalid, "an entry without a hash can't be stored");
  // Who keeps no logs leaves alone the one that may be here.
  if (!run.log.empty()) STILLAGE_TRY(state_->store_text(hash, run));
  if (storage == Storage::skip_marker) return state_->store.write_skip_marker(hash);
  STILLAGE_ASSIGN(const auto entry, BackfillEntry::open(folder));
  if (!entry) return fail(ErrorKind::corrupt, "the entry is no longer there");
  return state_->store.put(hash, [&](int stage) { return cache::copy_entry(*entry, stage); });
}

Status BackfillCacheProvider::clear() {
  return state_->store.clear();
}

Status BackfillCacheProvider::purge(int days) {
  return state_->store.purge(days);
}

}  // namespace stillage
