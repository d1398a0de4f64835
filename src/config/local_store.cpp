// SPDX-License-Identifier: MIT
#include "stillage/local_cache.h"

#include "cache/archive_cache_provider.h"
#include "config/cache_options_reader.h"
#include "config/config_search.h"
#include "config/local_store.h"
#include "config/remote_store.h"
#include "config/trust.h"
#include "git/listing.h"
#include "graph/exec_id.h"
#include "hasher/key_record.h"
#include "os/checkout_dir.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "os/user_dirs.h"
#include "run/records.h"
#include "workspace/root.h"

namespace stillage::config {
namespace {

/// What git says of the checkout.
class ListedTree : public cache::WorkTree {
 public:
  using Listing = std::shared_future<Result<git::Listing>>;
  /// Nobody asks for more than the root unless the listing came without an error.
  ListedTree(std::string root, Listing listing) : root_(std::move(root)), listing_(std::move(listing)) {}

  const std::string& root() const override { return root_; }
  bool has_git() const override { return listing_.get()->has_git(); }
  bool is_tracked(std::string_view path) const override { return listing_.get()->is_tracked(path); }
  std::vector<std::string> tracked_at(std::string_view path) const override {
    return listing_.get()->tracked_at(path);
  }
  bool is_ignored(std::string_view path, os::FileKind kind) const override {
    return listing_.get()->is_ignored(path, kind);
  }
  bool names_in(std::string_view path, const os::FileStat& stat, const TakeName& take) const override {
    const git::KnownFolder* const known = listing_.get()->known_folder(path, stat);
    if (known != nullptr) git::FolderMemory::for_each_name(*known, take);
    return known != nullptr;
  }

 private:
  std::string root_;
  Listing listing_;
};

/// Whether a file that was an input under that key is no longer there; also if nobody remembers.
bool lost_an_input(const std::string& root, const std::string& state_folder, const std::string& key) {
  if (state_folder.empty()) return true;
  const auto bytes = run::RunRecords(state_folder).find_key_record(key);
  if (!bytes || !*bytes) return true;
  const auto record = hasher::parse_record(**bytes);
  if (!record) return true;
  using hasher::Section;
  for (const auto& ingredient : record->ingredients) {
    const Section section = ingredient.section;
    if (section != Section::inputs && section != Section::dependency_inputs &&
        section != Section::environment_files)
      continue;
    const auto stat = os::stat_path(os::join_path(root, ingredient.name));
    if (!stat || !*stat) return true;
  }
  return false;
}

}  // namespace

Result<std::string> store_folder(const CacheOptions& options) {
  if (!options.internal_cache_folder.empty()) return options.internal_cache_folder;
  STILLAGE_ASSIGN(const std::string user, os::user_cache_dir());
  return os::join_path(user, "store");
}

Result<CachePlace> find_cache_place(const std::string& start_dir, const run::Environment& environment) {
  STILLAGE_ASSIGN(const std::string start, os::real_path(start_dir));
  CachePlace place{.root = start, .options = {}, .warnings = {}};
  if (const auto found_root =
          workspace::find_root(start, environment.value_or("PREFERRED_WORKSPACE_MANAGER", ""))) {
    place.root = found_root->dir;
    STILLAGE_ASSIGN(const FoundConfig config, find_config(place.root, environment));
    const auto member = config.source.value.find("cacheOptions");
    if (member != config.source.value.end() && !member->is_null())
      STILLAGE_TRY(
          read_cache_options(Field(config.source.value, config.source).child("cacheOptions", *member),
                             place.root, place.options, place.warnings));
  }
  STILLAGE_TRY(apply_environment(environment, place.root, place.options, place.warnings));
  return place;
}

Result<std::shared_ptr<cache::Store>> open_store(const CachePlace& place) {
  STILLAGE_ASSIGN(const std::string folder, store_folder(place.options));
  return cache::Store::open(folder, place.options.local_cache_size);
}

Result<std::shared_ptr<cache::ArchiveCacheProvider>> make_archive_provider(
    const Checkout& checkout, std::shared_ptr<cache::Store> store, std::vector<Target> targets,
    BesideRemote remote) {
  const CacheOptions& options = checkout.settings.cache_options;
  const std::string& root = checkout.workspace.root;
  const std::string& state_folder = checkout.state_folder;
  const auto ids = graph::all_target_ids(checkout.settings.pipeline, checkout.workspace);
  return cache::ArchiveCacheProvider::create(
      {.store = std::move(store),
       .spool = std::move(remote.spool),
       .packs_into_spool = remote.packs_into_spool,
       .tree = std::make_shared<ListedTree>(root, checkout.listing_later),
       .state_folder = state_folder,
       .mode = options.mode,
       .source = HitSource::local,
       .output_glob = options.output_glob,
       .targets = std::move(targets),
       .is_known_target =
           [known = base::StringSet(ids.begin(), ids.end())](std::string_view id) {
             return known.contains(id) || graph::is_exec_target_id(id);
           },
       .lost_an_input = [root, state_folder](
                            const Target&,
                            const std::string& key) { return lost_an_input(root, state_folder, key); },
       .trusted_origins = std::move(remote.trusted_origins),
       .platform = {}});
}

Result<std::shared_ptr<cache::ArchiveCacheProvider>> make_archive_provider(
    const std::string& root, std::shared_ptr<cache::Store> store, const CacheOptions& options,
    std::vector<std::string> trusted_origins) {
  STILLAGE_ASSIGN(auto listing, git::list_files(root));
  std::promise<Result<git::Listing>> listed;
  listed.set_value(std::move(listing));
  auto state_folder = os::open_checkout_dir(root);
  return cache::ArchiveCacheProvider::create({.store = std::move(store),
                                              .tree = std::make_shared<ListedTree>(root, listed.get_future()),
                                              .state_folder = state_folder ? *state_folder : "",
                                              .mode = options.mode,
                                              .source = HitSource::local,
                                              .output_glob = options.output_glob,
                                              .targets = {},
                                              .is_known_target = {},
                                              .lost_an_input = {},
                                              .trusted_origins = std::move(trusted_origins),
                                              .platform = {}});
}

Result<std::shared_ptr<cache::Store>> open_named_store(const CacheOptions& options) {
  CacheOptions absolute = options;
  if (!absolute.internal_cache_folder.empty()) {
    STILLAGE_ASSIGN(const std::string here, os::current_dir());
    absolute.internal_cache_folder = os::normalise_path(os::join_path(here, absolute.internal_cache_folder));
  }
  STILLAGE_ASSIGN(const std::string folder, store_folder(absolute));
  return cache::Store::open(folder, options.local_cache_size);
}

}  // namespace stillage::config

namespace stillage {

Result<std::shared_ptr<CacheProvider>> open_local_cache(const std::string& root,
                                                        const CacheOptions& options) {
  STILLAGE_ASSIGN(const std::string real_root, os::real_path(root));
  STILLAGE_ASSIGN(auto store, config::open_named_store(options));
  // What was fetched from the remote cache of these options hits here afterwards.
  std::vector<std::string> origins;
  if (config::names_remote(options)) {
    const run::Environment environment = run::Environment::of_process();
    STILLAGE_ASSIGN(const auto remote,
                    config::open_remote_store(*options.cache_storage_config,
                                              {.root = real_root, .environment = environment}));
    STILLAGE_ASSIGN(auto zones, config::open_zones(options.trust, remote.blobs, environment, false));
    origins = std::move(zones.origins);
  }
  STILLAGE_ASSIGN(std::shared_ptr<CacheProvider> provider,
                  config::make_archive_provider(real_root, std::move(store), options, std::move(origins)));
  return provider;
}

}  // namespace stillage
