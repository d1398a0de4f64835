// SPDX-License-Identifier: MIT
#pragma once
// The signature that travels behind an entry in a remote store, as its seal (docs/formats/signature.md). What
// is read here is anybody's: it says who claims to have signed, and nothing more.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "stillage/result.h"

namespace stillage::archive {

/// The version that is written and read.
inline constexpr std::uint8_t kSignatureFormat = 1;
/// The longest id of a key.
inline constexpr std::size_t kMaxKeyId = 64;

enum class SignatureAlgorithm : std::uint8_t { ed25519 = 1, hmac_sha256 = 2 };

/// "ed25519", "hmac-sha256".
const char* to_string(SignatureAlgorithm algorithm);
std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name);

/// Bytes of a signature of that algorithm.
std::size_t signature_size(SignatureAlgorithm algorithm);

/// 1 to kMaxKeyId ASCII letters, digits, '-', '_' and '.'.
bool is_valid_key_id(std::string_view id);

/// What a seal says.
struct Signature {
  SignatureAlgorithm algorithm = SignatureAlgorithm::ed25519;
  std::string key_id;
  std::string bytes;  ///< signature_size() of them
  friend bool operator==(const Signature&, const Signature&) = default;
};

/// What a signature binds together.
struct SignedFacts {
  int format = 0;  ///< of the archive
  std::string key;
  std::string target;
  base::Sha256Digest manifest_digest{};  ///< of the manifest's JSON text, as it stands in the entry
};

/// The bytes that are signed: every part with its length in front, so that no two different facts have the
/// same.
std::string signed_message(SignatureAlgorithm algorithm, std::string_view key_id, const SignedFacts& facts);

/// The seal of a signature, whose key id must be valid and whose bytes of the right number.
std::string encode_signature(const Signature& signature);

/// What the seal says: a `corrupt` error if it is no signature, `unsupported` if it is one of another version
/// or algorithm.
Result<Signature> decode_signature(std::string_view seal);

}  // namespace stillage::archive
