// SPDX-License-Identifier: MIT
#include "archive/signing_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/base64.h"
#include "base/hex.h"
#include "base/sign.h"
#include "base/strings.h"

namespace stillage::archive {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kMaxSecret = 64;

template <class Bytes>
Bytes to_bytes(std::string_view text) {
  Bytes bytes{};
  std::memcpy(bytes.data(), text.data(), std::min(bytes.size(), text.size()));
  return bytes;
}

template <class Bytes>
std::string to_text(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_right_size(SignatureAlgorithm algorithm, std::size_t size) {
  return size >= kKeySize && size <= (algorithm == SignatureAlgorithm::ed25519 ? kKeySize : kMaxSecret);
}

bool is_signed_by(const VerifyKey& key, std::string_view message, std::string_view signature) {
  if (signature.size() != signature_size(key.algorithm) || !is_right_size(key.algorithm, key.bytes.size()))
    return false;
  if (key.algorithm == SignatureAlgorithm::hmac_sha256)
    return base::equal_in_constant_time(to_text(base::hmac_sha256(key.bytes, message)), signature);
  return base::ed25519_verify(to_bytes<base::Ed25519PublicKey>(key.bytes), message,
                              to_bytes<base::Ed25519Signature>(signature));
}

}  // namespace

SigningKey generate_signing_key(SignatureAlgorithm algorithm, std::string id) {
  base::Ed25519Seed secret{};
  base::fill_random(secret.data(), secret.size());
  return {.algorithm = algorithm, .id = std::move(id), .secret = to_text(secret)};
}

std::string private_key_text(const SigningKey& key) {
  return fmt::format("{}{}:{}:{}", kPrivateKeyPrefix, to_string(key.algorithm), key.id,
                     base::to_base64(key.secret));
}

Result<SigningKey> parse_private_key(std::string_view text, const std::string& place) {
  const auto wrong = [&](std::string_view what) {
    return fail(ErrorKind::invalid,
                fmt::format("{} {}: make one with `stillage keys generate`", place, what));
  };
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return wrong("is empty, where the key to sign with should be");
  text = text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
  if (!text.starts_with(kPrivateKeyPrefix)) return wrong("is no private key of Stillage");
  const std::vector<std::string_view> parts = base::split(text.substr(kPrivateKeyPrefix.size()), ':');
  if (parts.size() != 3) return wrong("is a damaged private key");
  const auto algorithm = parse_signature_algorithm(parts[0]);
  if (!algorithm) return wrong("is a private key of an algorithm that is not known here");
  const auto secret = base::from_base64(parts[2]);
  if (!is_valid_key_id(parts[1]) || !secret || !is_right_size(*algorithm, secret->size()))
    return wrong("is a damaged private key");
  return SigningKey{.algorithm = *algorithm, .id = std::string(parts[1]), .secret = *secret};
}

Result<VerifyKey> parse_public_key(std::string id, std::string_view base64) {
  const auto bytes = base::from_base64(base64);
  if (!bytes || bytes->size() != kKeySize)
    return fail(ErrorKind::invalid,
                "is no Ed25519 public key: 32 bytes in base64, as `stillage keys generate` "
                "prints them");
  return VerifyKey{.algorithm = SignatureAlgorithm::ed25519, .id = std::move(id), .bytes = *bytes};
}

VerifyKey verify_key_of(const SigningKey& key) {
  if (key.algorithm == SignatureAlgorithm::hmac_sha256)
    return {.algorithm = key.algorithm, .id = key.id, .bytes = key.secret};
  return {.algorithm = key.algorithm,
          .id = key.id,
          .bytes = to_text(base::ed25519_public_key(to_bytes<base::Ed25519Seed>(key.secret)))};
}

std::string fingerprint(const VerifyKey& key) {
  const std::string label = fmt::format("stillage key fingerprint {}", to_string(key.algorithm));
  return base::to_hex(base::hmac_sha256(key.bytes, label));
}

Signature sign(const SigningKey& key, const SignedFacts& facts) {
  const std::string message = signed_message(key.algorithm, key.id, facts);
  Signature signature{.algorithm = key.algorithm, .key_id = key.id, .bytes = {}};
  signature.bytes = key.algorithm == SignatureAlgorithm::hmac_sha256
                        ? to_text(base::hmac_sha256(key.secret, message))
                        : to_text(base::ed25519_sign(to_bytes<base::Ed25519Seed>(key.secret), message));
  return signature;
}

Result<const VerifyKey*> verify(const std::vector<VerifyKey>& keys, const Signature& signature,
                                const SignedFacts& facts) {
  const auto key =
      std::find_if(keys.begin(), keys.end(), [&](const VerifyKey& k) { return k.id == signature.key_id; });
  if (key == keys.end())
    return fail(ErrorKind::unsupported,
                fmt::format("it is signed with a key \"{}\" that is not known here", signature.key_id));
  if (key->algorithm != signature.algorithm)
    return fail(ErrorKind::auth,
                fmt::format("it is signed by {}, but its key \"{}\" is one for {}",
                            to_string(signature.algorithm), signature.key_id, to_string(key->algorithm)));
  const std::string message = signed_message(signature.algorithm, signature.key_id, facts);
  if (!is_signed_by(*key, message, signature.bytes))
    return fail(ErrorKind::auth,
                fmt::format("its signature by the key \"{}\" is not one of this entry", signature.key_id));
  return &*key;
}

}  // namespace stillage::archive
