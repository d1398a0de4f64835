// SPDX-License-Identifier: MIT
#pragma once
// What proves who made something: HMAC-SHA256 (RFC 2104) with a secret that both sides hold, Ed25519 (RFC
// 8032) with a private key for those who sign and a public one for those who only verify.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/digest.h"

namespace stillage::base {

Sha256Digest hmac_sha256(std::string_view key, std::string_view message);

/// Whether both are the same, in a time that depends on their lengths only.
bool equal_in_constant_time(std::string_view left, std::string_view right);

using Ed25519Seed = std::array<std::uint8_t, 32>;  ///< the private key
using Ed25519PublicKey = std::array<std::uint8_t, 32>;
using Ed25519Signature = std::array<std::uint8_t, 64>;

Ed25519PublicKey ed25519_public_key(const Ed25519Seed& seed);
Ed25519Signature ed25519_sign(const Ed25519Seed& seed, std::string_view message);
/// False for a wrong signature, and for a public key that is no point of the curve or one of small order,
/// with which anybody could sign.
bool ed25519_verify(const Ed25519PublicKey& key, std::string_view message, const Ed25519Signature& signature);

/// Bytes that nobody can guess, from the system; ends the process where there are none.
void fill_random(std::uint8_t* bytes, std::size_t size);

}  // namespace stillage::base
