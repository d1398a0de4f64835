// SPDX-License-Identifier: MIT
#pragma once
// Options of a cache, with the names that `cacheOptions` of a lage config has. Every member has a default, so
// that designated initialisers may leave out any without a warning.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stillage/compat.h"

namespace stillage {

/// Where a remote cache is and how to reach it. Values of `options` may be secrets: they are never printed.
struct CacheStorageConfig {
  /// "local", "azure-blob", "npm", …
  std::string provider = {};
  /// What the provider needs: connectionString, container, …
  std::map<std::string, std::string> options = {};
  /// Entries above this many bytes are neither sent nor fetched; 0 means no limit.
  std::uint64_t max_size = 0;
  /// The kind of credential to use where the connection string holds none ("environment", "azure-cli", …).
  std::string credential_name = {};
};

/// A key that verifies signatures of entries.
struct TrustedKey {
  std::string id = {};
  std::string algorithm = {};   ///< "ed25519" or "hmac-sha256"
  std::string public_key = {};  ///< ed25519: in base64
  std::string key_env = {};     ///< hmac-sha256: the variable, or
  std::string key_file = {};    ///< the file, that holds the secret
};

/// Which entries of a remote cache are used, and as whose own ones are put there.
struct RemoteTrust {
  bool signs = false;                 ///< uploads are signed, with the key from
  std::string signing_key_env = {};   ///< this variable (empty: STILLAGE_SIGNING_KEY), or
  std::string signing_key_file = {};  ///< this file
  std::vector<TrustedKey> verify_keys = {};
  /// Entries that none of verify_keys has signed are neither used nor uploaded.
  bool require_signature = false;
  /// The part of the remote where entries are put; empty: the part outside all zones.
  std::string zone = {};
  /// Where entries are looked for, in this order; nothing means in `zone`.
  std::optional<std::vector<std::string>> read_zones = {};
};

/// Whether a cache is read, written, both or passed by.
enum class CacheMode { read_write, read_only, write_only, pass };

struct CacheOptions {
  std::optional<CacheStorageConfig> cache_storage_config = {};
  /// Folder of the local store; empty means `$XDG_CACHE_HOME/stillage/store`. Not used with Compat::lage.
  std::string internal_cache_folder = {};
  /// Outputs of targets that name none themselves; nothing means what Target::outputs says of that.
  std::optional<std::vector<std::string>> output_glob = {};
  /// Whether results are written to the remote cache.
  bool write_remote_cache = false;
  /// Whether a result takes the place of what the remote cache has under its key, where it can.
  bool replace_remote_entries = false;
  /// Whether open_remote_cache's provider uploads behind its user, who then has to call finish_uploads() at
  /// the end. Runs of the CLI always do.
  bool upload_in_background = false;
  /// How long the end of a run waits for uploads that move; 5 s without a byte end that wait in any case.
  std::chrono::milliseconds upload_wait{60'000};
  RemoteTrust trust = {};
  bool skip_local_cache = false;
  /// Files of the repository that enter every key; nothing means every listed file directly in the root
  /// except the lockfile, *.md, LICENSE* and the config of this tool.
  std::optional<std::vector<std::string>> environment_glob = {};
  /// A text that enters every key: change it to start afresh, or to keep steps apart.
  std::string cache_key = {};
  /// Whether outputs that did not change since the last run may be left out of an entry (lage's format only).
  bool incremental_caching = false;
  CacheMode mode = CacheMode::read_write;
  /// The format of keys and entries. With Compat::lage the local cache is `node_modules/.cache/lage` of the
  /// repository, whatever `internal_cache_folder` says: lage has it there and nowhere else.
  Compat compat = Compat::none;
  /// Most bytes that the local store may hold; nothing means 10 % of its file system, at most 50 GiB.
  std::optional<std::uint64_t> local_cache_size = {};
};

/// The options as one line for people, every value of cache_storage_config.options redacted.
std::string to_string(const CacheOptions& options);

}  // namespace stillage
