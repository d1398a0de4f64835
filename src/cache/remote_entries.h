// SPDX-License-Identifier: MIT
#pragma once
// The entries that lie in a remote cache, as whoever looks after it sees them: the blobs `v1/<key>` and
// `zones/<zone>/v1/<key>` (docs/formats/remote.md). What else lies there is none of ours, and left alone.

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "blob/blob_store.h"
#include "cache/signed_seal.h"
#include "stillage/result.h"

namespace stillage::cache {

struct RemoteEntry {
  std::string blob;  ///< the key of the blob
  std::string zone;  ///< "" outside all zones
  std::string key;   ///< of the target: 64 hex digits
  std::optional<std::uint64_t> size;
};

/// The entry that a blob of this name is; nothing if it is none.
std::optional<RemoteEntry> parse_remote_entry(std::string_view blob);

/// The name of the blob that has the entry of `key` in `zone` ("": outside all zones).
std::string remote_blob(std::string_view zone, std::string_view key);

/// All entries, or those of one zone ("": outside all zones), in order of their names. `unsupported` if the
/// store can't list.
blob::Outcome<std::vector<RemoteEntry>> list_remote_entries(blob::BlobStore& store,
                                                            const std::optional<std::string>& zone,
                                                            const std::stop_token& stop = {});

/// `refused`: whole, but not signed as it must be.
enum class RemoteVerdict { good, damaged, refused, gone, too_large };

struct VerifiedEntry {
  RemoteVerdict verdict = RemoteVerdict::good;
  std::string target;  ///< of a good entry
  std::string signer;  ///< of a good entry: the id of the key that has signed it, if one that counts has
  std::string reason;  ///< of any other
};

/// Downloads an entry into `folder`, checks all its digests, that it is of the key that it lies under, and
/// its signature by `seal` (null: none counts), and forgets it again. Errors: the remote fails, or our disk
/// does.
Result<VerifiedEntry> verify_remote_entry(blob::BlobStore& store, const RemoteEntry& entry,
                                          const std::string& folder, const SignedSeal* seal = nullptr,
                                          const std::stop_token& stop = {});

}  // namespace stillage::cache
