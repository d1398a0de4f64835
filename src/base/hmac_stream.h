// SPDX-License-Identifier: MIT
#pragma once
// HMAC-SHA256 (RFC 2104) over a stream, for what is too large for memory.

#include <array>
#include <string_view>

#include "base/digest.h"

namespace stillage::base {

/// Over a stream of bytes; finish() once.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  void update(std::string_view bytes) { hash_.update(bytes); }
  Sha256Digest finish();

 private:
  std::array<char, 64> outer_{};
  Sha256 hash_;
};

/// Whether two digests are the same, in a time that does not tell where they differ.
bool same_digest(const Sha256Digest& a, const Sha256Digest& b);

}  // namespace stillage::base
