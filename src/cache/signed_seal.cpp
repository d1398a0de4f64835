// SPDX-License-Identifier: MIT
#include "cache/signed_seal.h"

#include <fmt/format.h>

#include <algorithm>

#include "cache/origins.h"

namespace stillage::cache {

SignedSeal::SignedSeal(SignedSealOptions options) : options_(std::move(options)) {}

std::string SignedSeal::origin(const archive::VerifyKey* key) const {
  return origin_name({options_.place, key == nullptr ? "" : archive::fingerprint(*key)});
}

std::string SignedSeal::cannot_seal_because() const {
  if (!options_.require_signature) return {};
  if (!options_.signing_key) return "there is no key to sign with";
  const archive::VerifyKey own = archive::verify_key_of(*options_.signing_key);
  const bool is_accepted =
      std::any_of(options_.verify_keys.begin(), options_.verify_keys.end(), [&](const auto& key) {
        return key.id == own.id && key.algorithm == own.algorithm && key.bytes == own.bytes;
      });
  if (is_accepted) return {};
  return fmt::format("the key \"{}\" to sign with is not among those that verify", own.id);
}

Result<std::string> SignedSeal::seal(const SealedFacts& facts) const {
  if (const std::string why = cannot_seal_because(); !why.empty()) return fail(ErrorKind::auth, why);
  if (!options_.signing_key) return std::string();
  return archive::encode_signature(archive::sign(*options_.signing_key, facts));
}

Result<const archive::VerifyKey*> SignedSeal::key_behind(const SealedFacts& facts,
                                                         std::string_view seal) const {
  const auto unsigned_entry = [&](std::string why) -> Result<const archive::VerifyKey*> {
    if (options_.require_signature) return fail(ErrorKind::auth, std::move(why));
    return nullptr;
  };
  if (seal.empty()) return unsigned_entry("it is not signed");
  const auto signature = archive::decode_signature(seal);
  if (!signature && signature.error().kind == ErrorKind::unsupported)
    return unsigned_entry(signature.error().message);
  if (!signature) return fail(ErrorKind::auth, signature.error().message);
  const auto key = archive::verify(options_.verify_keys, *signature, facts);
  if (!key && key.error().kind == ErrorKind::unsupported) return unsigned_entry(key.error().message);
  if (!key) return fail(ErrorKind::auth, key.error().message);
  return *key;
}

Result<std::string> SignedSeal::check(const SealedFacts& facts, std::string_view seal) const {
  STILLAGE_ASSIGN(const archive::VerifyKey* const key, key_behind(facts, seal));
  return origin(key);
}

Result<std::string> SignedSeal::signer(const SealedFacts& facts, std::string_view seal) const {
  STILLAGE_ASSIGN(const archive::VerifyKey* const key, key_behind(facts, seal));
  return key == nullptr ? std::string() : key->id;
}

std::vector<std::string> SignedSeal::origins() const {
  std::vector<std::string> names = signed_origins();
  if (!options_.require_signature) names.push_back(origin(nullptr));
  return names;
}

std::vector<std::string> SignedSeal::signed_origins() const {
  std::vector<std::string> names;
  for (const archive::VerifyKey& key : options_.verify_keys) names.push_back(origin(&key));
  return names;
}

}  // namespace stillage::cache
