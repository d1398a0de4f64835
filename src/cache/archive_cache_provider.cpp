// SPDX-License-Identifier: MIT
#include "cache/archive_cache_provider.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>

#include "archive/entry_reader.h"
#include "base/clock.h"
#include "base/log.h"
#include "cache/archive_hit.h"
#include "cache/made_outputs.h"
#include "cache/pack.h"
#include "cache/prepare.h"
#include "cache/restore.h"
#include "os/at.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

constexpr std::int64_t kDay = 24LL * 3'600 * 1'000'000'000;

std::map<std::string, std::string> this_platform() {
  std::map<std::string, std::string> platform;
  utsname name;
  if (::uname(&name) == 0) {
    platform["os"] = base::to_lower(name.sysname);
    platform["arch"] = name.machine;
  }
#ifdef __GLIBC__
  platform["libc"] = "glibc";
#else
  platform["libc"] = "other";
#endif
  return platform;
}

/// Whether the entry may be restored here: its paths are outputs of the target as it is declared now, and
/// none is a file that git would list if nobody declared it to be an output.
bool fits(const archive::Manifest& manifest, const TargetOutputs& outputs, const WorkTree& tree) {
  return std::all_of(manifest.outputs.begin(), manifest.outputs.end(), [&](const archive::Output& output) {
    if (!outputs.matches(output.path)) return false;
    if (outputs.are_declared() || !tree.has_git()) return true;
    const std::string path = outputs.from_root(output.path);
    const auto kind = output.kind == archive::OutputKind::file      ? os::FileKind::regular
                      : output.kind == archive::OutputKind::symlink ? os::FileKind::symlink
                                                                    : os::FileKind::directory;
    return !tree.is_tracked(path) && tree.is_ignored(path, kind);
  });
}

/// Copies an entry, and believes only the copy.
Result<archive::Manifest> copy_verified(const std::string& from, const std::string& to) {
  {
    STILLAGE_ASSIGN(const os::Fd source, os::open_path(from, O_RDONLY));
    STILLAGE_ASSIGN(const os::Fd copy, os::open_path(to, O_WRONLY | O_CREAT | O_EXCL, 0600));
    STILLAGE_TRY(os::copy_bytes(source.get(), copy.get(), to));
  }
  STILLAGE_ASSIGN(os::Fd file, os::open_path(to, O_RDONLY));
  STILLAGE_ASSIGN(auto reader, archive::EntryReader::open(std::move(file), from));
  STILLAGE_TRY(reader.verify());
  return reader.manifest();
}

EntryInfo info_of(const Snapshot& snapshot, std::uint64_t stored_bytes, HitSource source) {
  EntryInfo info;
  info.hash = snapshot.key;
  info.target_id = snapshot.target;
  info.source = source;
  info.stored_bytes = stored_bytes;
  info.outputs = snapshot.outputs.size();
  for (const OutputRecord& record : snapshot.outputs) info.output_bytes += record.size;
  info.created_ns = snapshot.created_ns;
  info.duration = std::chrono::nanoseconds(snapshot.duration_ns);
  return info;
}

PutResult not_stored(std::string why) {
  return {.entry = nullptr, .not_stored_because = std::move(why)};
}

}  // namespace

EntryInfo info_of(const archive::Manifest& manifest, std::uint64_t stored_bytes, HitSource source) {
  EntryInfo info;
  info.hash = manifest.key;
  info.target_id = manifest.target;
  info.source = source;
  info.stored_bytes = stored_bytes;
  info.outputs = manifest.outputs.size();
  for (const archive::Output& output : manifest.outputs) info.output_bytes += output.size;
  info.created_ns = manifest.created_ns;
  info.duration = std::chrono::nanoseconds(manifest.duration_ns);
  return info;
}

ArchiveCacheProvider::ArchiveCacheProvider(ArchiveCacheOptions options, os::Fd root_fd)
    : options_(std::move(options)),
      checkout_{.tree = *options_.tree,
                .root_fd = std::move(root_fd),
                .catalog = Catalog(options_.tree->root(), options_.output_glob, std::move(options_.targets),
                                   std::move(options_.is_known_target)),
                .snapshots = Snapshots(options_.state_folder),
                .memory = {},
                .locks = {},
                .opened_ns = base::now_ns() - os::kTickNs},
      origins_(options_.tree->root(), std::move(options_.trusted_origins)) {}

Result<std::shared_ptr<ArchiveCacheProvider>> ArchiveCacheProvider::create(ArchiveCacheOptions options) {
  STILLAGE_ASSIGN(os::Fd root, os::open_path(options.tree->root(), O_PATH | O_DIRECTORY));
  if (options.platform.empty()) options.platform = this_platform();
  return std::shared_ptr<ArchiveCacheProvider>(new ArchiveCacheProvider(std::move(options), std::move(root)));
}

ArchiveCacheProvider::~ArchiveCacheProvider() {
  for (const auto& run : checkout_.memory.unfinished()) (void)abandon(run->target);
  if (const Status packed = checkout_.snapshots.pack(); !packed)
    base::warn_once("pack", fmt::format("cannot pack what outputs look like: {}", packed.error().message));
  const Status pruned = options_.store->after_storing();
  if (!pruned)
    base::warn_once("prune", fmt::format("cannot prune the local cache: {}", pruned.error().message));
}

Status ArchiveCacheProvider::abandon(const Target& target) {
  STILLAGE_ASSIGN(const auto outputs, checkout_.catalog.outputs_of(target));
  const auto lock = checkout_.locks.lock(outputs->package_dir());
  const auto run = checkout_.memory.end(target.id, base::now_ns());
  if (!run) return {};
  STILLAGE_ASSIGN(auto folder, checkout_.open_package(outputs->package_dir()));
  STILLAGE_ASSIGN(const auto made, find_made_outputs(checkout_, target, *outputs, folder, run.get()));
  STILLAGE_TRY(remember_outputs(checkout_, folder, *outputs, target.id, made, nullptr, {}));
  checkout_.memory.set_recorded(target.id, "");
  return {};
}

bool ArchiveCacheProvider::is_read_only() const {
  return options_.store->is_read_only() || options_.mode == CacheMode::read_only ||
         options_.mode == CacheMode::pass;
}

bool ArchiveCacheProvider::may_pack(const Target& target) const {
  if (!is_read_only()) return true;
  return options_.packs_into_spool && options_.spool && !target.skip_remote_cache &&
         (options_.mode == CacheMode::read_write || options_.mode == CacheMode::write_only);
}

const std::shared_ptr<Store>& ArchiveCacheProvider::written_store() const {
  return options_.spool ? options_.spool : options_.store;
}

Status ArchiveCacheProvider::check_meant(const archive::Manifest& manifest, const std::string& hash,
                                         const Target& target) {
  if (manifest.key != hash || manifest.target != target.id)
    return fail(ErrorKind::corrupt,
                fmt::format("it is an entry of {} under another name", base::printable(manifest.target)));
  STILLAGE_ASSIGN(const auto outputs, checkout_.catalog.outputs_of(target));
  if (!fits(manifest, *outputs, checkout_.tree))
    return fail(ErrorKind::corrupt, "it holds files that are no outputs of the target");
  return {};
}

Result<std::unique_ptr<CacheHit>> ArchiveCacheProvider::hit_in(const std::shared_ptr<Store>& store,
                                                               const std::string& hash, const Target& target,
                                                               const Origins::Place& place) {
  STILLAGE_ASSIGN(const auto outputs, checkout_.catalog.outputs_of(target));
  const std::shared_ptr<const Target> kept = checkout_.catalog.kept(target);
  const auto snapshot = checkout_.snapshots.find(outputs->package_dir(), target.id);
  if (snapshot && snapshot->key == hash) {
    // Verified before: as long as it is the same file, it need not even be opened.
    STILLAGE_ASSIGN(const auto found, store->find_entry(place.name));
    if (!found) return std::unique_ptr<CacheHit>();
    if (*found == snapshot->entry) {
      checkout_.memory.set_hit(kept, hash, {.snapshot = snapshot, .manifest = nullptr}, place.origin);
      return std::unique_ptr<CacheHit>(
          std::make_unique<ArchiveHit>(checkout_, kept, info_of(*snapshot, found->size, options_.source),
                                       std::make_shared<EntryFile>(store, place.name, *found), snapshot));
    }
  }
  STILLAGE_ASSIGN(auto opened, store->open_entry(place.name));
  if (!opened) return std::unique_ptr<CacheHit>();
  const EntryMark mark = opened->mark;
  auto entry = std::make_shared<EntryFile>(store, std::move(*opened));
  auto reader = entry->read();
  if (!reader && reader.error().kind == ErrorKind::corrupt) return std::unique_ptr<CacheHit>();
  if (!reader) return tl::make_unexpected(reader.error());
  auto manifest = reader->manifest();
  if (!manifest) {
    // An entry of another version of the format is no damage; it is no hit either.
    if (manifest.error().kind == ErrorKind::corrupt) entry->report_damage(manifest.error().message);
    return std::unique_ptr<CacheHit>();
  }
  const bool is_for_here = manifest->bound_to.empty() || manifest->bound_to == checkout_.root();
  if (!is_for_here || !check_meant(*manifest, hash, target)) return std::unique_ptr<CacheHit>();
  EntryInfo info = info_of(*manifest, mark.size, options_.source);
  checkout_.memory.set_hit(
      kept, hash,
      {.snapshot = nullptr, .manifest = std::make_shared<const archive::Manifest>(std::move(*manifest))},
      place.origin);
  return std::unique_ptr<CacheHit>(
      std::make_unique<ArchiveHit>(checkout_, kept, std::move(info), std::move(entry)));
}

void ArchiveCacheProvider::look_ahead() {
  if (options_.mode != CacheMode::write_only && options_.mode != CacheMode::pass)
    checkout_.early_looks.start();
}

Result<std::unique_ptr<CacheHit>> ArchiveCacheProvider::look_up(const std::string& hash,
                                                                const Target& target) {
  if (options_.mode == CacheMode::write_only || options_.mode == CacheMode::pass)
    return std::unique_ptr<CacheHit>();
  for (const Origins::Place& place : origins_.places_of(hash, target.id)) {
    STILLAGE_ASSIGN(auto hit, hit_in(options_.store, hash, target, place));
    if (hit) return hit;
  }
  checkout_.memory.set_miss(target.id);
  return std::unique_ptr<CacheHit>();
}

Result<std::unique_ptr<EntryFile>> ArchiveCacheProvider::open_left(const std::string& target,
                                                                   const std::string& key,
                                                                   const std::string& origin) const {
  for (const auto& store : {options_.store, options_.spool}) {
    if (!store) continue;
    for (const std::string& bound_to : {std::string(), checkout_.root()}) {
      STILLAGE_ASSIGN(auto opened, store->open_entry(entry_name(key, target, bound_to, origin)));
      if (opened) return std::make_unique<EntryFile>(store, std::move(*opened));
    }
  }
  return std::unique_ptr<EntryFile>();
}

Status ArchiveCacheProvider::prepare(const Target& target) {
  if (options_.mode == CacheMode::pass) return {};
  for (const std::size_t index : checkout_.catalog.all_dependencies(target)) {
    const std::string& id = checkout_.catalog.targets()[index].id;
    const auto left = checkout_.memory.take_left(id);
    if (!left) continue;
    STILLAGE_ASSIGN(const auto entry, open_left(id, left->key, left->origin));
    if (!entry)
      return fail(ErrorKind::io,
                  fmt::format("the entry of {} is gone, of which {} needs outputs", id, target.id));
    const auto restored = restore_outputs(
        checkout_, *entry,
        {.target = *left->target, .key = left->key, .stale = StaleOutputs::keep, .only = &left->paths});
    if (!restored) return fail_in("outputs of " + id, restored.error());
  }
  return prepare_outputs(checkout_, target, options_.lost_an_input);
}

Result<PutResult> ArchiveCacheProvider::put(const std::string& hash, const Target& target,
                                            const RunResult& run) {
  if (options_.mode == CacheMode::pass) return not_stored("the cache is off");
  STILLAGE_ASSIGN(const auto outputs, checkout_.catalog.outputs_of(target));
  const auto lock = checkout_.locks.lock(outputs->package_dir());
  STILLAGE_ASSIGN(PackageFolder folder, checkout_.open_package(outputs->package_dir()));
  const auto prepared = checkout_.memory.end(target.id, base::now_ns());
  auto made = find_made_outputs(checkout_, target, *outputs, folder, prepared.get());
  if (!made && made.error().kind == ErrorKind::unsupported) return not_stored(made.error().message);
  if (!made) return tl::make_unexpected(made.error());
  if (made->not_stored_because.empty() && !may_pack(target))
    made->not_stored_because = "the cache is read-only";
  if (made->not_stored_because.empty() && !target.cache) made->not_stored_because = "it is not cached";
  auto stored = made->not_stored_because.empty() ? store_outputs(hash, target, run, *outputs, folder, *made)
                                                 : Result<PutResult>(not_stored(made->not_stored_because));
  if (!stored || !stored->entry)
    STILLAGE_TRY(remember_outputs(checkout_, folder, *outputs, target.id, *made, nullptr, {}));
  checkout_.memory.set_recorded(target.id, stored && stored->entry ? hash : "");
  return stored;
}

std::vector<std::string> ArchiveCacheProvider::origins_below(const Target& target) const {
  std::vector<std::string> origins;
  const auto add = [&](const std::string& id) {
    std::string origin = checkout_.memory.origin_of_hit(id);
    if (!origin.empty()) origins.push_back(std::move(origin));
  };
  add(target.id);
  for (const std::size_t index : checkout_.catalog.all_dependencies(target))
    add(checkout_.catalog.targets()[index].id);
  return origins;
}

Result<PutResult> ArchiveCacheProvider::store_outputs(const std::string& hash, const Target& target,
                                                      const RunResult& run, const TargetOutputs& outputs,
                                                      PackageFolder& folder, const MadeOutputs& made) {
  auto finished = pack_outputs(checkout_, folder, made,
                               {.key = hash,
                                .target = target,
                                .run = run,
                                .platform = options_.platform,
                                .temp_folder = written_store()->temp_folder()});
  if (!finished && finished.error().kind == ErrorKind::invalid) return not_stored(finished.error().message);
  if (!finished) return tl::make_unexpected(finished.error());
  archive::Manifest manifest = finished->manifest;
  // What was made of something foreign is foreign itself.
  const std::string origin = origins_below(target).empty() ? std::string() : origins_.of_all();
  STILLAGE_ASSIGN(Installed installed, install(target, std::move(manifest), finished->path, origin));
  // If another writer was first, its entry is not of these files: the next run compares.
  STILLAGE_TRY(remember_outputs(checkout_, folder, outputs, target.id, made,
                                installed.is_own ? &finished->manifest : nullptr, installed.mark));
  return PutResult{.entry = std::move(installed.hit), .not_stored_because = {}};
}

Result<ArchiveCacheProvider::Installed> ArchiveCacheProvider::install(const Target& target,
                                                                      archive::Manifest manifest,
                                                                      const std::string& path,
                                                                      const std::string& origin) {
  auto installed = install_or_find(target, manifest, path, origin);
  if (!installed || !installed->is_own) (void)os::remove_tree(path);
  return installed;
}

Result<ArchiveCacheProvider::Installed> ArchiveCacheProvider::install_or_find(const Target& target,
                                                                              archive::Manifest& manifest,
                                                                              const std::string& path,
                                                                              const std::string& origin) {
  Store& store = *written_store();
  const std::string name = entry_name(manifest.key, manifest.target, manifest.bound_to, origin);
  // Opened before others can see it: they might remove it again at once.
  STILLAGE_ASSIGN(os::Fd file, os::open_path(path, O_RDONLY));
  STILLAGE_ASSIGN(const os::FileStat made, os::stat_fd(file.get()));
  // Twice: what is there may turn out to be damaged, and make room.
  for (int attempt = 0; attempt < 2; ++attempt) {
    STILLAGE_ASSIGN(const bool is_own, store.install(path, name));
    if (!is_own) {
      STILLAGE_ASSIGN(auto hit,
                      hit_in(written_store(), manifest.key, target, {.name = name, .origin = origin}));
      if (hit) return Installed{.hit = std::move(hit), .mark = {}, .is_own = false};
      continue;
    }
    const EntryMark mark = {.inode = made.inode, .size = made.size, .mtime_ns = made.mtime_ns};
    store.set_verified(name, mark);
    Store::Opened opened = {.file = std::move(file), .mark = mark, .name = name, .path = store.path_of(name)};
    auto hit = std::make_unique<ArchiveHit>(checkout_, checkout_.catalog.kept(target),
                                            info_of(manifest, made.size, options_.source),
                                            std::make_shared<EntryFile>(written_store(), std::move(opened)));
    return Installed{.hit = std::move(hit), .mark = mark, .is_own = true};
  }
  return fail(ErrorKind::io,
              fmt::format("the store holds something else in place of the entry of {}", target.id));
}

Status ArchiveCacheProvider::put_archive(const std::string& hash, const Target& target,
                                         const std::string& archive) {
  if (is_read_only()) return fail(ErrorKind::unsupported, "the local cache is read-only");
  const std::string path = os::join_path(options_.store->temp_folder(), os::temp_name());
  auto manifest = copy_verified(archive, path);
  if (manifest && (manifest->key != hash || manifest->target != target.id))
    manifest = fail(ErrorKind::corrupt, fmt::format("an entry of {} was given as one of {}",
                                                    base::printable(manifest->target), target.id));
  if (!manifest) {
    (void)os::remove_tree(path);
    return tl::make_unexpected(manifest.error());
  }
  STILLAGE_ASSIGN(const auto installed, install(target, std::move(*manifest), path, {}));
  return {};
}

Status ArchiveCacheProvider::clear() {
  return options_.store->clear();
}

Status ArchiveCacheProvider::purge(int days) {
  STILLAGE_TRY(options_.store->remove_unused_since(base::now_ns() - days * kDay));
  return {};
}

}  // namespace stillage::cache
