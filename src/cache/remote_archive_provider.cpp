// SPDX-License-Identifier: MIT
#include "cache/remote_archive_provider.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "archive/entry_reader.h"
#include "archive/seal_frame.h"
#include "base/log.h"
#include "cache/intake_sink.h"
#include "cache/remote_hit.h"
#include "cache/remote_warning.h"
#include "cache/sealed_source.h"
#include "os/at.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

using blob::FailureKind;

/// However little the local store may hold in the end: bytes of an entry that are taken in any case.
constexpr std::uint64_t kAlwaysTaken = 1ULL << 30;

/// Why a download was ended from our side.
enum class Refusal { none, not_for_here, no_good };

Refusal refusal_of(const std::optional<Error>& error) {
  if (!error) return Refusal::none;
  if (error->kind == ErrorKind::corrupt) return Refusal::no_good;
  // Bound to another checkout, of another format, or too large.
  return error->kind == ErrorKind::unsupported ? Refusal::not_for_here : Refusal::none;
}

std::unique_ptr<CacheHit> miss() {
  return nullptr;
}

SealedFacts facts_of(const std::string& key, const std::string& target, const base::Sha256Digest& digest) {
  return {.format = archive::kFormat, .key = key, .target = target, .manifest_digest = digest};
}

}  // namespace

std::string remote_key(std::string_view hash) {
  return "v1/" + key_name(hash);
}

RemoteArchiveProvider::RemoteArchiveProvider(RemoteArchiveOptions options)
    : options_(std::move(options)),
      places_(options_.read_from.empty() ? std::vector<RemotePlace>{{options_.blobs, options_.seal}}
                                         : options_.read_from),
      flights_(options_.store->is_read_only() ? "" : options_.store->downloads_lock()),
      uploads_(options_.uploads) {}

RemoteArchiveProvider::~RemoteArchiveProvider() {
  look_ups_.request_stop();
}

Result<ArchiveCacheProvider*> RemoteArchiveProvider::home() {
  const std::lock_guard lock(mutex_);
  if (!home_) {
    STILLAGE_ASSIGN(home_, options_.home());
  }
  return home_.get();
}

void RemoteArchiveProvider::refuse(const RemotePlace& place, const std::string& hash, const Target& target,
                                   const std::string& why) {
  ++damaged_;
  const bool is_replaced = options_.writes && place.blobs == options_.blobs;
  if (is_replaced) set_refused(hash);
  base::warn_once(
      "damaged entries, " + options_.topic,
      fmt::format("{} has an entry of {} that can't be used ({}): it counts as a miss{}", place.blobs->name(),
                  base::printable(target.id), why, is_replaced ? ", and is replaced" : ""));
}

void RemoteArchiveProvider::set_refused(const std::string& hash) {
  const std::lock_guard lock(mutex_);
  refused_.insert(hash);
}

bool RemoteArchiveProvider::is_refused(const std::string& hash) {
  const std::lock_guard lock(mutex_);
  return refused_.contains(hash);
}

Result<std::unique_ptr<CacheHit>> RemoteArchiveProvider::look_up(const std::string& hash,
                                                                 const Target& target) {
  if (!options_.reads || is_refused(hash)) return miss();
  const SingleFlight::Turn turn = flights_.take(hash, look_ups_.get_token());
  if (look_ups_.stop_requested()) return miss();
  // Whoever had the turn before may have put it there since the caller looked.
  STILLAGE_ASSIGN(ArchiveCacheProvider* const own, home());
  STILLAGE_ASSIGN(auto near_hit, own->look_up(hash, target));
  if (near_hit) return near_hit;
  auto found = download_from_any(hash, target);
  ++(found && *found ? hits_ : misses_);
  if (!found && found.error().kind != ErrorKind::cancelled) ++failures_;
  return found;
}

bool RemoteArchiveProvider::seems_to_have(const std::string& hash, const Target& target) {
  if (!options_.reads || target.skip_remote_cache || is_refused(hash)) return false;
  for (const RemotePlace& place : places_) {
    const auto found = place.blobs->contains(remote_key(hash), look_ups_.get_token());
    if (found && *found) return true;
    if (found) continue;
    if (found.error().kind != ErrorKind::cancelled)
      tell_failure({.name = remote_name(), .topic = options_.topic}, "be read", found.error());
    return false;
  }
  return false;
}

Result<std::unique_ptr<CacheHit>> RemoteArchiveProvider::download_from_any(const std::string& hash,
                                                                           const Target& target) {
  for (const RemotePlace& place : places_) {
    STILLAGE_ASSIGN(auto hit, download(place, hash, target));
    if (hit) return hit;
  }
  return miss();
}

Result<std::unique_ptr<CacheHit>> RemoteArchiveProvider::download(const RemotePlace& place,
                                                                  const std::string& hash,
                                                                  const Target& target) {
  const auto judge = [&](const archive::Manifest& manifest) -> Status {
    if (!manifest.bound_to.empty() && manifest.bound_to != options_.root)
      return fail(ErrorKind::unsupported, "it is bound to another checkout");
    STILLAGE_ASSIGN(ArchiveCacheProvider* const own, home());
    return own->check_meant(manifest, hash, target);
  };
  archive::EntryIntake intake(options_.store->temp_folder(), "the entry",
                              std::max(options_.store->cap(), kAlwaysTaken), judge);
  IntakeSink sink(intake);
  auto got = place.blobs->get(remote_key(hash), sink, look_ups_.get_token());
  if (got && !*got) return miss();
  if (!got && refusal_of(sink.error()) == Refusal::none) {
    const auto& failure = got.error();
    if (failure.what == FailureKind::too_large) {
      base::verbose(failure.message);
      return miss();
    }
    // Something else than a cache, or something else than an entry: a put may set that right.
    if (failure.what == FailureKind::protocol && place.blobs == options_.blobs) set_refused(hash);
    return tl::make_unexpected(failure);
  }
  auto taken = got ? intake.finish() : tl::make_unexpected(*sink.error());
  if (!taken) {
    if (taken.error().kind == ErrorKind::unsupported) {
      base::verbose(fmt::format("{}: {}", base::printable(target.id), taken.error().message));
      return miss();
    }
    if (taken.error().kind != ErrorKind::corrupt) return tl::make_unexpected(taken.error());
    refuse(place, hash, target, taken.error().message);
    return miss();
  }
  return install(place, std::move(*taken), target);
}

Result<std::unique_ptr<CacheHit>> RemoteArchiveProvider::install(const RemotePlace& place,
                                                                 archive::TakenEntry taken,
                                                                 const Target& target) {
  const archive::Manifest& manifest = taken.manifest;
  std::string origin;
  if (place.seal) {
    auto checked =
        place.seal->check(facts_of(manifest.key, manifest.target, taken.manifest_digest), taken.seal);
    if (!checked) {
      (void)os::unlink_at(AT_FDCWD, taken.path);
      refuse(place, manifest.key, target, checked.error().message);
      return miss();
    }
    origin = std::move(*checked);
  }
  Store& store = *options_.store;
  Store::Opened entry;
  entry.name = entry_name(manifest.key, manifest.target, manifest.bound_to, origin);
  entry.path = store.path_of(entry.name);
  const auto installed = store.install(taken.path, entry.name);
  if (!installed || !*installed) (void)os::unlink_at(AT_FDCWD, taken.path);
  if (!installed) return tl::make_unexpected(installed.error());
  EntryInfo info = info_of(manifest, taken.size, HitSource::remote);
  if (!*installed) {
    // Somebody was first.
    STILLAGE_ASSIGN(auto there, store.open_entry(entry.name));
    if (!there) return miss();
    return std::make_unique<RemoteHit>(*this, target, std::move(info), std::move(*there), std::move(origin));
  }
  STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(taken.file.get()));
  entry.mark = {.inode = stat.inode, .size = stat.size, .mtime_ns = stat.mtime_ns};
  entry.file = std::move(taken.file);
  store.set_verified(entry.name, entry.mark);
  return std::make_unique<RemoteHit>(*this, target, std::move(info), std::move(entry), std::move(origin));
}

Status RemoteArchiveProvider::prepare(const Target& target) {
  STILLAGE_ASSIGN(ArchiveCacheProvider* const own, home());
  return own->prepare(target);
}

Status RemoteArchiveProvider::abandon(const Target& target) {
  STILLAGE_ASSIGN(ArchiveCacheProvider* const own, home());
  return own->abandon(target);
}

Result<PutResult> RemoteArchiveProvider::put(const std::string& hash, const Target& target,
                                             const RunResult& run) {
  STILLAGE_ASSIGN(ArchiveCacheProvider* const own, home());
  STILLAGE_ASSIGN(auto stored, own->put(hash, target, run));
  if (stored.entry && options_.writes) STILLAGE_TRY(stored.entry->copy_to(*this));
  return stored;
}

Result<bool> RemoteArchiveProvider::may_upload(const Target& target) {
  if (!options_.may_stand_on) return true;
  STILLAGE_ASSIGN(const ArchiveCacheProvider* const own, home());
  for (const std::string& origin : own->origins_below(target)) {
    if (own->origins().is_among(origin, *options_.may_stand_on)) continue;
    base::warn_once(
        "stands on others, " + options_.topic,
        fmt::format("what was made with entries that {} does not vouch for is not uploaded there, such as "
                    "the result of {}",
                    remote_name(), base::printable(target.id)));
    return false;
  }
  return true;
}

Status RemoteArchiveProvider::put_archive(const std::string& hash, const Target& target,
                                          const std::string& archive) {
  if (!options_.writes) return fail(ErrorKind::unsupported, remote_name() + " is only read");
  STILLAGE_ASSIGN(const bool may_go, may_upload(target));
  if (!may_go) return {};
  STILLAGE_ASSIGN(os::Fd file, os::open_path(archive, O_RDONLY));
  const auto real = os::real_path(archive);
  const std::string name(real ? os::file_name(*real) : std::string_view());
  if (options_.uploads_in_background && real && *real == options_.store->path_of(name)) {
    STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(file.get()));
    const auto later = [this, hash, id = target.id, name](const std::stop_token& stop) {
      return upload_from_store(hash, id, name, stop);
    };
    if (!uploads_.add(stat.size, later)) ++dropped_;
    return {};
  }
  STILLAGE_ASSIGN(const bool stored, upload({hash, target.id, std::move(file)}, {}));
  if (stored) ++stored_;
  return {};
}

bool RemoteArchiveProvider::upload_from_store(const std::string& hash, const std::string& target,
                                              const std::string& name, const std::stop_token& stop) {
  auto opened = options_.store->open_entry(name);
  if (!opened || !*opened) {
    base::verbose(fmt::format("{}: its entry was removed before it was uploaded", base::printable(target)));
    ++dropped_;
    return true;
  }
  const auto stored = upload({hash, target, std::move((*opened)->file)}, stop);
  if (stored) {
    stored_ += *stored ? 1 : 0;
  } else if (stored.error().kind == ErrorKind::cancelled) {
    return false;
  } else {
    ++failures_;
    tell_failure({.name = remote_name(), .topic = options_.topic}, "be written", stored.error());
  }
  return true;
}

Result<std::string> RemoteArchiveProvider::seal_of(const Upload& upload) const {
  if (!options_.seal) return std::string();
  STILLAGE_ASSIGN(os::Fd again, os::open_path(os::path_of_fd(upload.file.get()), O_RDONLY));
  STILLAGE_ASSIGN(auto reader, archive::EntryReader::open(std::move(again), "the entry"));
  STILLAGE_ASSIGN(const std::string text, reader.manifest_text());
  STILLAGE_ASSIGN(const std::string seal,
                  options_.seal->seal(facts_of(upload.hash, upload.target, base::sha256(text))));
  return seal.empty() ? seal : archive::make_seal_frame(seal);
}

Result<bool> RemoteArchiveProvider::upload(const Upload& upload, const std::stop_token& stop) {
  STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(upload.file.get()));
  STILLAGE_ASSIGN(std::string seal, seal_of(upload));
  net::FileSource archive(upload.file.get(), 0, stat.size, "the entry of " + upload.target);
  SealedSource source(archive, std::move(seal));
  const blob::Traits traits = options_.blobs->traits();
  const bool replaces =
      traits.overwrite && (options_.replaces || is_refused(upload.hash) || !traits.conditional);
  const auto put = options_.blobs->put(
      remote_key(upload.hash), source,
      {.mode = replaces ? blob::PutMode::replace : blob::PutMode::if_absent, .metadata = {}}, stop);
  if (put) {
    if (*put == blob::PutOutcome::stored) return true;
    if (options_.replaces && !traits.overwrite)
      base::warn_once("can't replace, " + options_.topic,
                      fmt::format("{} can't replace what it has: what was made anew stays in the local cache",
                                  remote_name()));
    return false;
  }
  if (put.error().what == FailureKind::conflict) return false;
  if (put.error().what != FailureKind::too_large) return tl::make_unexpected(put.error());
  // Our own limit has been asked for. A server's is often its default, which nobody has thought of.
  if (put.error().http_status != 413) {
    base::verbose(put.error().message);
    return false;
  }
  base::warn_once(
      "refused for their size, " + options_.topic,
      fmt::format("{} does not take entries as large as that of {} ({}): they are not uploaded; raise "
                  "the server's limit of size, or set the option maxSize below it",
                  remote_name(), base::printable(upload.target), put.error().message));
  return false;
}

Status RemoteArchiveProvider::clear() {
  return fail(ErrorKind::unsupported, remote_name() + " is not cleared: others use it too");
}

Status RemoteArchiveProvider::purge(int /*days*/) {
  return fail(ErrorKind::unsupported, remote_name() + " keeps its entries as its own rules say");
}

RemoteFigures RemoteArchiveProvider::figures() const {
  return with_transfers({.hits = hits_,
                         .misses = misses_,
                         .stored = stored_,
                         .failures = failures_,
                         .damaged = damaged_,
                         .dropped = dropped_},
                        options_.meter.get());
}

UploadsEnd RemoteArchiveProvider::finish_uploads(const UploadWait& wait, const std::stop_token& stop,
                                                 const std::function<void(const UploadsLeft&)>& progress) {
  const UploadsEnd end = uploads_.finish(wait, stop, progress);
  dropped_ += end.dropped.entries;
  tell_dropped({.name = remote_name(), .topic = options_.topic}, end);
  return end;
}

}  // namespace stillage::cache
