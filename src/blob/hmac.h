// SPDX-License-Identifier: MIT
#pragma once
// HMAC-SHA256 (RFC 2104), with which requests to object stores, and artifacts of Turborepo's protocol, are
// signed.

#include <array>
#include <string_view>

#include "base/digest.h"

namespace stillage::blob {

/// Over a stream of bytes; finish() once.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  void update(std::string_view bytes) { hash_.update(bytes); }
  base::Sha256Digest finish();

 private:
  std::array<char, 64> outer_{};
  base::Sha256 hash_;
};

base::Sha256Digest hmac_sha256(std::string_view key, std::string_view message);

/// Whether two digests are the same, in a time that does not tell where they differ.
bool same_digest(const base::Sha256Digest& a, const base::Sha256Digest& b);

}  // namespace stillage::blob
