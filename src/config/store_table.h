// SPDX-License-Identifier: MIT
#pragma once
// The one table of what a `provider` can be: a new store is a row here. What is opened is the bare store,
// without the decorators that every remote gets.

#include <memory>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "config/provider_options.h"
#include "run/environment.h"
#include "stillage/cache_options.h"
#include "stillage/result.h"

namespace stillage::config {

/// How a store talks to its remote, where there is a choice.
enum class Requests {
  best,
  as_backfill,  ///< one by one those that backfill would make
};

/// Where a remote is asked for.
struct StorePlace {
  std::string root;  ///< of the workspace: relative paths in options start here
  const run::Environment& environment;
  Requests requests = Requests::best;
};

/// Opens the store that the configuration names, references to variables in its options replaced
/// (with_variables); it asks nothing of the remote yet. An `invalid` error for an unknown provider (it lists
/// the known ones), and for options that are missing, wrong or unknown.
Result<std::shared_ptr<blob::BlobStore>> open_blob_store(const CacheStorageConfig& storage,
                                                         const StorePlace& place);

/// The providers that open_blob_store knows.
std::vector<std::string> known_providers();

// Each takes its options; docs/backends has what they mean.
Result<std::shared_ptr<blob::BlobStore>> open_command_store(ProviderOptions& options,
                                                            const StorePlace& place);
Result<std::shared_ptr<blob::BlobStore>> open_azure_store(ProviderOptions& options, const StorePlace& place);
Result<std::shared_ptr<blob::BlobStore>> open_folder_store(ProviderOptions& options, const StorePlace& place);
Result<std::shared_ptr<blob::BlobStore>> open_npm_store(ProviderOptions& options, const StorePlace& place);
Result<std::shared_ptr<blob::BlobStore>> open_http_store(ProviderOptions& options, const StorePlace& place);
Result<std::shared_ptr<blob::BlobStore>> open_redis_store(ProviderOptions& options, const StorePlace& place);
Result<std::shared_ptr<blob::BlobStore>> open_turbo_store(ProviderOptions& options, const StorePlace& place);
Result<std::shared_ptr<blob::BlobStore>> open_s3_store(ProviderOptions& options, const StorePlace& place);

}  // namespace stillage::config
