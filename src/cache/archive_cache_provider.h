// SPDX-License-Identifier: MIT
#pragma once
// The cache in Stillage's own format: entries in a Store, restored into and made from one checkout. This
// class keeps the promises of docs/guarantees.md about outputs; nothing in it makes up for a failure (see
// TolerantCacheProvider for that). Safe for use from many threads, for different targets.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/strings.h"
#include "cache/checkout.h"
#include "cache/entry_file.h"
#include "cache/made_outputs.h"
#include "cache/origins.h"
#include "cache/store.h"
#include "cache/work_tree.h"
#include "stillage/cache_options.h"
#include "stillage/cache_provider.h"

namespace stillage::cache {

struct ArchiveCacheOptions {
  std::shared_ptr<Store> store;
  /// Where `store` can't be written and there is a remote: what came from that one lies here, and with
  /// `packs_into_spool` results are packed into it on their way there, unless their target is not to go
  /// there.
  std::shared_ptr<Store> spool = {};
  bool packs_into_spool = false;
  /// The checkout.
  std::shared_ptr<const WorkTree> tree;
  /// Where the snapshots of this checkout are kept (os::open_checkout_dir); empty: in memory.
  std::string state_folder;
  CacheMode mode = CacheMode::read_write;
  /// What its hits call themselves.
  HitSource source = HitSource::local;
  /// Outputs of targets that declare none.
  std::optional<std::vector<std::string>> output_glob;
  /// The targets of this run, dependencies first. Without them each target is on its own.
  std::vector<Target> targets;
  /// Whether a target of this id can still be run: the outputs of others belong to nobody. Not set: any can.
  std::function<bool(std::string_view id)> is_known_target;
  /// Whether an input of the target that was there when it had this key is gone now. Not set: assumed.
  std::function<bool(const Target& target, const std::string& previous_key)> lost_an_input;
  /// Where else than from this user's own runs entries may come from (see Origins).
  std::vector<std::string> trusted_origins = {};
  /// Recorded with each entry; empty: os, arch and libc of this machine.
  std::map<std::string, std::string> platform;
};

/// What a manifest says of an entry of so many bytes.
EntryInfo info_of(const archive::Manifest& manifest, std::uint64_t stored_bytes, HitSource source);

class ArchiveCacheProvider : public CacheProvider {
 public:
  static Result<std::shared_ptr<ArchiveCacheProvider>> create(ArchiveCacheOptions options);
  /// Abandons what was prepared and neither put nor abandoned, and prunes the store if anything was stored.
  ~ArchiveCacheProvider() override;

  Result<std::unique_ptr<CacheHit>> look_up(const std::string& hash, const Target& target) override;
  Status prepare(const Target& target) override;
  Status abandon(const Target& target) override;
  Result<PutResult> put(const std::string& hash, const Target& target, const RunResult& run = {}) override;
  Status put_archive(const std::string& hash, const Target& target, const std::string& archive) override;
  Status clear() override;
  Status purge(int days) override;
  /// What goes into the spool alone is not kept.
  bool is_read_only() const override;

  /// Begins to look at what lies in the checkout, on threads of its own, so that the targets' look-ups find
  /// out sooner whether their outputs are in place. For runs that change no outputs before they have looked
  /// up: what it saw is what was there early in the run. Once at most.
  void look_ahead();
  /// Nothing is looked at any more once this returns.
  void end_look_ahead() { checkout_.early_looks.end(); }

  Store& store() { return *options_.store; }
  /// Where this checkout looks for entries.
  const Origins& origins() const { return origins_; }
  /// Where that comes from of which the target's outputs were made in this process: the origins of its own
  /// hit and of those of its dependencies. Empty: from this user's own runs.
  std::vector<std::string> origins_below(const Target& target) const;

  /// The hit for an entry that lies in `store`, which need not be the provider's own; null if there is none
  /// at that place, or if it may not be used here.
  Result<std::unique_ptr<CacheHit>> hit_in(const std::shared_ptr<Store>& store, const std::string& hash,
                                           const Target& target, const Origins::Place& place);
  /// Why an entry with this manifest can't be that of the target under this key, wherever it is looked up.
  Status check_meant(const archive::Manifest& manifest, const std::string& hash, const Target& target);

 private:
  friend class ArchiveHit;
  ArchiveCacheProvider(ArchiveCacheOptions options, os::Fd root_fd);

  /// Whether a result of the target has a place to go to, of what this provider may write.
  bool may_pack(const Target& target) const;
  /// Where new entries go.
  const std::shared_ptr<Store>& written_store() const;
  /// An entry of an earlier hit.
  Result<std::unique_ptr<EntryFile>> open_left(const std::string& target, const std::string& key,
                                               const std::string& origin) const;
  Result<PutResult> store_outputs(const std::string& hash, const Target& target, const RunResult& run,
                                  const TargetOutputs& outputs, PackageFolder& folder,
                                  const MadeOutputs& made);
  struct Installed {
    std::unique_ptr<CacheHit> hit;
    EntryMark mark;
    bool is_own = false;  ///< false: another writer was first
  };
  /// Puts the complete entry `path` into the store; the file is gone afterwards.
  Result<Installed> install(const Target& target, archive::Manifest manifest, const std::string& path,
                            const std::string& origin);
  Result<Installed> install_or_find(const Target& target, archive::Manifest& manifest,
                                    const std::string& path, const std::string& origin);

  ArchiveCacheOptions options_;
  Checkout checkout_;
  const Origins origins_;
};

}  // namespace stillage::cache
