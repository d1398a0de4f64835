// SPDX-License-Identifier: MIT
#pragma once
// Keys that sign entries, and keys that verify them. A key knows its algorithm and its id, and is used for no
// other: the public key of one algorithm is never the secret of another. docs/formats/signature.md has the
// text of a private key.

#include <string>
#include <string_view>
#include <vector>

#include "archive/signature.h"
#include "stillage/result.h"

namespace stillage::archive {

/// What signs: an Ed25519 private key, or an HMAC secret.
struct SigningKey {
  SignatureAlgorithm algorithm = SignatureAlgorithm::ed25519;
  std::string id;
  std::string secret;  ///< 32 bytes for Ed25519, 32 to 64 for HMAC
};

/// What verifies: an Ed25519 public key, or the same HMAC secret.
struct VerifyKey {
  SignatureAlgorithm algorithm = SignatureAlgorithm::ed25519;
  std::string id;
  std::string bytes;
};

/// A new key. `id` is valid.
SigningKey generate_signing_key(SignatureAlgorithm algorithm, std::string id);

/// How the text of a private key starts; such a text belongs into no configuration.
inline constexpr std::string_view kPrivateKeyPrefix = "stillage-private-key:";

/// The one line that a key file or variable holds, without a line end.
std::string private_key_text(const SigningKey& key);
/// Reads it; white space around it is passed over. `place` names the file or variable in the `invalid` error,
/// which says nothing of the content.
Result<SigningKey> parse_private_key(std::string_view text, const std::string& place);

/// A public key from 32 bytes in base64, as configurations have it; an `invalid` error says what is wrong.
Result<VerifyKey> parse_public_key(std::string id, std::string_view base64);

/// The key with which others verify.
VerifyKey verify_key_of(const SigningKey& key);

/// A name of the key itself, whatever its id; it gives nothing of a secret away that a signature would not.
std::string fingerprint(const VerifyKey& key);

Signature sign(const SigningKey& key, const SignedFacts& facts);

/// Success if the one key with the signature's id is of its algorithm and has signed exactly these facts. An
/// `auth` error otherwise; `unsupported` if there is no key of that id.
Result<const VerifyKey*> verify(const std::vector<VerifyKey>& keys, const Signature& signature,
                                const SignedFacts& facts);

}  // namespace stillage::archive
