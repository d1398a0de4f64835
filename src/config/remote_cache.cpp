// SPDX-License-Identifier: MIT
#include "stillage/remote_cache.h"

#include <fmt/format.h>

#include "base/log.h"
#include "blob/user_store.h"
#include "cache/remote_archive_provider.h"
#include "cache/spool.h"
#include "cache/tolerant_cache_provider.h"
#include "config/local_store.h"
#include "config/open_cache.h"
#include "config/remote_store.h"
#include "config/trust.h"
#include "os/file.h"

namespace stillage {
namespace {

/// What the user of the library gets: failures are misses and skipped writes; uploads are the remote's own.
class OpenedRemote final : public RemoteCacheProvider {
 public:
  OpenedRemote(std::shared_ptr<cache::RemoteArchiveProvider> remote, const config::RemoteStore& store,
               std::chrono::milliseconds upload_wait)
      : topic_(store.topic), remote_(std::move(remote)), tolerant_(config::make_tolerant(remote_, store)) {
    wait_.longest = upload_wait;
  }

  ~OpenedRemote() override {
    const PendingUploads left = pending_uploads();
    if (left.entries == 0) return;
    base::warn_once(topic_, fmt::format("{} entries were not uploaded to {}: finish_uploads() was not called",
                                        left.entries, remote_->remote_name()));
  }

  Result<std::unique_ptr<CacheHit>> look_up(const std::string& hash, const Target& target) override {
    return tolerant_->look_up(hash, target);
  }
  Status prepare(const Target& target) override { return tolerant_->prepare(target); }
  Status abandon(const Target& target) override { return tolerant_->abandon(target); }
  Result<PutResult> put(const std::string& hash, const Target& target, const RunResult& run) override {
    return tolerant_->put(hash, target, run);
  }
  Status put_archive(const std::string& hash, const Target& target, const std::string& archive) override {
    return tolerant_->put_archive(hash, target, archive);
  }
  Status put_folder(const std::string& hash, const Target& target, const std::string& folder,
                    const RunResult& run) override {
    return tolerant_->put_folder(hash, target, folder, run);
  }
  Status clear() override { return tolerant_->clear(); }
  Status purge(int days) override { return tolerant_->purge(days); }
  bool is_read_only() const override { return tolerant_->is_read_only(); }

  PendingUploads pending_uploads() const override { return public_form(remote_->uploads_left()); }
  PendingUploads finish_uploads(std::stop_token stop) override {
    return public_form(remote_->finish_uploads(wait_, stop, {}).dropped);
  }

 private:
  static PendingUploads public_form(const cache::UploadsLeft& left) {
    return {.entries = left.entries, .bytes = left.bytes};
  }

  const std::string topic_;
  const std::shared_ptr<cache::RemoteArchiveProvider> remote_;
  const std::shared_ptr<CacheProvider> tolerant_;
  cache::UploadWait wait_;
};

Result<std::shared_ptr<RemoteCacheProvider>> over(const config::RemoteStore& remote, const std::string& root,
                                                  const CacheOptions& options) {
  STILLAGE_ASSIGN(std::string real_root, os::real_path(root));
  std::shared_ptr<cache::Store> store;
  const bool may_keep = !options.skip_local_cache && options.mode == CacheMode::read_write;
  if (may_keep) {
    STILLAGE_ASSIGN(store, config::open_named_store(options));
  }
  if (!store || store->is_read_only()) {
    STILLAGE_ASSIGN(store, config::open_user_spool());
  }
  cache::RemoteArchiveOptions own = config::archive_options(remote, options);
  STILLAGE_ASSIGN(
      const config::TrustedZones zones,
      config::open_zones(options.trust, remote.blobs, run::Environment::of_process(), own.writes));
  config::use_zones(zones, own);
  own.writes = own.writes && zones.may_write;
  auto home = [real_root, store, options, origins = zones.origins] {
    return config::make_archive_provider(real_root, store, options, origins);
  };
  own.store = store;
  own.home = std::move(home);
  own.root = real_root;
  own.uploads_in_background = options.upload_in_background;
  return std::make_shared<OpenedRemote>(std::make_shared<cache::RemoteArchiveProvider>(std::move(own)),
                                        remote, options.upload_wait);
}

}  // namespace

Result<std::shared_ptr<RemoteCacheProvider>> open_remote_cache(const std::string& root,
                                                               const CacheOptions& options) {
  if (!config::names_remote(options))
    return fail(ErrorKind::invalid, "cache_storage_config names no remote cache");
  const run::Environment environment = run::Environment::of_process();
  STILLAGE_ASSIGN(const auto remote, config::open_remote_store(*options.cache_storage_config,
                                                               {.root = root, .environment = environment}));
  return over(remote, root, options);
}

Result<std::shared_ptr<RemoteCacheProvider>> open_remote_cache(const std::string& root,
                                                               std::shared_ptr<BlobStore> store,
                                                               const CacheOptions& options) {
  const std::uint64_t max_size = options.cache_storage_config ? options.cache_storage_config->max_size : 0;
  return over(config::decorate(std::make_shared<blob::UserStore>(std::move(store)), max_size), root, options);
}

}  // namespace stillage
