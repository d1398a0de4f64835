// SPDX-License-Identifier: MIT
#pragma once
// The local cache of lage 2.17, or of plain backfill, as the folders of plain files that those tools read and
// write (docs/formats/lage-local.md), so that both may be used on one repository. What the originals do wrong
// and no healthy repository sees is mended here: docs/compatibility.md has the list.

#include <memory>
#include <string>

#include "stillage/cache_options.h"
#include "stillage/cache_provider.h"

namespace stillage {

/// Whose folders they are.
enum class BackfillLayout {
  lage,      ///< `<root>/node_modules/.cache/lage/cache/<first 4 digits>/<hash>/`, logs beside
  backfill,  ///< `<root>/node_modules/.cache/backfill/<hash>/`, no logs; `root` is the package's folder
};

struct BackfillCacheProviderOptions {
  /// Absolute: the repository's root; with BackfillLayout::backfill the package's folder.
  std::string root = {};
  /// Of these it uses output_glob, mode, incremental_caching and cache_storage_config, whose provider may be
  /// "local" (also if it is empty) or "local-skip". internal_cache_folder, relative to `root`, counts with
  /// BackfillLayout::backfill only: lage ignores it, and so its entries are found where lage has them.
  CacheOptions cache_options = {};
  BackfillLayout layout = BackfillLayout::lage;
  /// Absolute: the folder that outputs may not leave, whatever links lie on their way; empty means `root`.
  std::string checkout = {};
};

/// Differs from what CacheProvider says in this, because the format leaves no choice: the hash alone names an
/// entry, whatever the target; put() stores every file that the outputs match (`target.outputs`, else
/// `output_glob`, else everything), whoever made it; restore() removes nothing; a log comes back as one text,
/// a duration not at all; purge() goes by the times of folders and not by use.
///
/// Errors of all operations: `unsupported` for a storage provider that is not local; `invalid` for a hash
/// that is no plain name and for a target outside of `checkout`. An empty hash is a miss, and nothing is
/// stored.
///
/// Safe for use from many threads and processes at once. An entry appears whole or not at all, and what is
/// being read stays until it has been read; other processes than ours don't know of our locks.
class BackfillCacheProvider : public CacheProvider {
 public:
  explicit BackfillCacheProvider(BackfillCacheProviderOptions options);
  ~BackfillCacheProvider() override;

  Result<std::unique_ptr<CacheHit>> look_up(const std::string& hash, const Target& target) override;
  Result<PutResult> put(const std::string& hash, const Target& target, const RunResult& run = {}) override;
  Status put_folder(const std::string& hash, const Target& target, const std::string& folder,
                    const RunResult& run = {}) override;
  /// Removes all entries and logs; what else lies in the cache folder stays. An io error if another process
  /// of ours goes on using an entry.
  Status clear() override;
  /// As lage: whatever lies directly in the folders of entries and of logs goes if nothing was added to it
  /// or removed from it for more than `days` days, unless a process of ours is using it.
  Status purge(int days) override;
  bool is_read_only() const override;

 private:
  friend class BackfillHit;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stillage
