// SPDX-License-Identifier: MIT
#pragma once
// What vouches for an entry on its way through a remote cache: bytes that travel behind the archive
// (docs/formats/remote.md), made where it is uploaded and checked before a downloaded one is used. As the
// manifest has the digest of every file, what is said of it is said of all of the entry.

#include <string>
#include <string_view>

#include "archive/signature.h"
#include "stillage/result.h"

namespace stillage::cache {

/// What a seal speaks of.
using SealedFacts = archive::SignedFacts;

/// Thread-safe.
class EntrySeal {
 public:
  virtual ~EntrySeal() = default;
  /// The seal for an entry that is uploaded: at most archive::kMaxSeal bytes; empty for none. An `auth`
  /// error: the entry must not be uploaded.
  virtual Result<std::string> seal(const SealedFacts& facts) const = 0;
  /// Whether an entry that was downloaded may be used, by what stood behind it (empty: nothing). The answer
  /// is the origin under which the local store keeps it (see Origins). An `auth` error says in words why not.
  virtual Result<std::string> check(const SealedFacts& facts, std::string_view seal) const = 0;
};

}  // namespace stillage::cache
