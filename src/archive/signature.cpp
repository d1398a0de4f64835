// SPDX-License-Identifier: MIT
#include "archive/signature.h"

#include <algorithm>

#include "base/bytes.h"

namespace stillage::archive {
namespace {

constexpr std::string_view kLabel = "STLGSIGN";

}  // namespace

const char* to_string(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::ed25519 ? "ed25519" : "hmac-sha256";
}

std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name) {
  for (const SignatureAlgorithm algorithm : {SignatureAlgorithm::ed25519, SignatureAlgorithm::hmac_sha256})
    if (name == to_string(algorithm)) return algorithm;
  return std::nullopt;
}

std::size_t signature_size(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::ed25519 ? 64 : 32;
}

bool is_valid_key_id(std::string_view id) {
  const auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !id.empty() && id.size() <= kMaxKeyId && std::all_of(id.begin(), id.end(), is_fine);
}

std::string signed_message(SignatureAlgorithm algorithm, std::string_view key_id, const SignedFacts& facts) {
  base::ByteWriter message;
  message.text("stillage entry signature");
  message.u32(kSignatureFormat);
  message.text(to_string(algorithm));
  message.text(key_id);
  message.u32(static_cast<std::uint32_t>(facts.format));
  message.text(facts.key);
  message.text(facts.target);
  message.u64(facts.manifest_digest.size());
  message.raw(facts.manifest_digest);
  return message.take();
}

std::string encode_signature(const Signature& signature) {
  base::ByteWriter seal;
  seal.raw(kLabel);
  seal.u8(kSignatureFormat);
  seal.u8(static_cast<std::uint8_t>(signature.algorithm));
  seal.u8(static_cast<std::uint8_t>(signature.key_id.size()));
  seal.raw(signature.key_id);
  seal.raw(signature.bytes);
  return seal.take();
}

Result<Signature> decode_signature(std::string_view seal) {
  base::ByteReader reader(seal);
  if (reader.raw(kLabel.size()) != kLabel)
    return fail(ErrorKind::corrupt, "what follows the entry is no signature");
  if (reader.u8() != kSignatureFormat)
    return fail(ErrorKind::unsupported, "its signature is of a version that is not known here");
  const auto algorithm = static_cast<SignatureAlgorithm>(reader.u8());
  if (algorithm != SignatureAlgorithm::ed25519 && algorithm != SignatureAlgorithm::hmac_sha256)
    return fail(ErrorKind::unsupported, "its signature is of an algorithm that is not known here");
  Signature signature{.algorithm = algorithm, .key_id = {}, .bytes = {}};
  signature.key_id = reader.raw(reader.u8());
  signature.bytes = reader.raw(signature_size(algorithm));
  if (!reader.ok() || !reader.at_end() || !is_valid_key_id(signature.key_id))
    return fail(ErrorKind::corrupt, "its signature is damaged");
  return signature;
}

}  // namespace stillage::archive
