// SPDX-License-Identifier: MIT
#pragma once
// From what a configuration says of trust to the objects that see to it: keys are read from files and
// variables, zones become parts of a store, each with a seal of its own.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/signing_key.h"
#include "blob/blob_store.h"
#include "cache/remote_archive_provider.h"
#include "run/environment.h"
#include "stillage/cache_options.h"
#include "stillage/result.h"

namespace stillage::config {

/// The parts of a remote where the entries are that trust each other.
struct TrustedZones {
  cache::RemotePlace write;
  std::vector<cache::RemotePlace> read;  ///< in the order in which they are asked
  /// All that the seals of `read` can say of where an entry comes from.
  std::vector<std::string> origins;
  bool may_write = false;
  /// Those of `origins` that what is uploaded may have been made with. The order of zones is one of trust:
  /// what comes from the zone that is written, or from one before it, and is signed if uploads are.
  std::vector<std::string> may_stand_on;
};

/// The zones of the remote `blobs`. `writes`: whether entries are to be uploaded; the key to sign with is
/// looked for only then; if nothing may be uploaded without it, that is told once. Keys that verify and can't
/// be had are left out, which is told once, too. Errors (invalid, auth) for a key that is damaged, or that
/// others can read too, name its file or variable.
Result<TrustedZones> open_zones(const RemoteTrust& trust, const std::shared_ptr<blob::BlobStore>& blobs,
                                const run::Environment& environment, bool writes);

/// The keys that count, of those that the configuration lists. What can't be had here is left out, told once.
/// Errors as open_zones; also where signatures are required and no key is listed.
Result<std::vector<archive::VerifyKey>> open_verify_keys(const RemoteTrust& trust,
                                                         const run::Environment& environment);
/// One of them; nothing if its secret is not here.
Result<std::optional<archive::VerifyKey>> open_verify_key(const TrustedKey& key,
                                                          const run::Environment& environment);
/// The key to sign with; nothing if it is not there.
Result<std::optional<archive::SigningKey>> find_signing_key(const RemoteTrust& trust,
                                                            const run::Environment& environment);
/// Where those two look, in words.
std::string place_of(const TrustedKey& key);
std::string signing_place(const RemoteTrust& trust);

/// Makes a provider ask and fill these zones.
void use_zones(const TrustedZones& zones, cache::RemoteArchiveOptions& remote);

/// The private key of that file, which only its owner may be able to read; nothing if there is no such file.
Result<std::optional<archive::SigningKey>> read_key_file(const std::string& path);

}  // namespace stillage::config
