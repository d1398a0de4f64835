// SPDX-License-Identifier: MIT
#pragma once
// The seal of entries of one place (a zone of a remote) by signatures, or by none where none are asked for.
// It names the origins of what comes from there: by place and by the key that signed, so that the shared
// local store hands an entry only to those who would take it from the same place themselves.

#include <optional>
#include <string>
#include <vector>

#include "archive/signing_key.h"
#include "cache/entry_seal.h"

namespace stillage::cache {

struct SignedSealOptions {
  /// What tells this place from all others; no secrets.
  std::string place;
  /// Signs what is uploaded; nothing: uploads go unsigned.
  std::optional<archive::SigningKey> signing_key = {};
  /// Whose signatures count. Ids are unique.
  std::vector<archive::VerifyKey> verify_keys = {};
  /// Nothing is used, and nothing uploaded, that is not signed by one of these.
  bool require_signature = false;
};

class SignedSeal final : public EntrySeal {
 public:
  explicit SignedSeal(SignedSealOptions options);

  /// An `auth` error where a signature is required and cannot be given, or would not be accepted here.
  Result<std::string> seal(const SealedFacts& facts) const override;
  /// Without require_signature, an entry without a signature, or with one by an unknown key, is taken as
  /// unsigned. A wrong signature by a known key is refused in any case.
  Result<std::string> check(const SealedFacts& facts, std::string_view seal) const override;

  /// The id of the key that has signed the entry; empty for one that is taken as unsigned. Errors as check().
  Result<std::string> signer(const SealedFacts& facts, std::string_view seal) const;

  /// Whether and why seal() fails; empty: it does not.
  std::string cannot_seal_because() const;
  /// All that check() can answer: the origins that are trusted with these options.
  std::vector<std::string> origins() const;
  /// Those of them that a signature vouches for.
  std::vector<std::string> signed_origins() const;

 private:
  /// Null for what is taken as unsigned.
  Result<const archive::VerifyKey*> key_behind(const SealedFacts& facts, std::string_view seal) const;
  /// `key` is null for what nobody has signed.
  std::string origin(const archive::VerifyKey* key) const;

  SignedSealOptions options_;
};

}  // namespace stillage::cache
