// SPDX-License-Identifier: MIT
#include "blob/hmac.h"

#include <cstring>

namespace stillage::blob {
namespace {

std::string_view text_of(const base::Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

HmacSha256::HmacSha256(std::string_view key) {
  std::array<char, 64> inner{};
  const base::Sha256Digest short_key = base::sha256(key);
  if (key.size() > inner.size()) key = text_of(short_key);
  std::memcpy(inner.data(), key.data(), key.size());
  outer_ = inner;
  for (char& byte : inner) byte ^= 0x36;
  for (char& byte : outer_) byte ^= 0x5c;
  hash_.update({inner.data(), inner.size()});
}

base::Sha256Digest HmacSha256::finish() {
  const base::Sha256Digest first = hash_.finish();
  hash_.reset();
  hash_.update({outer_.data(), outer_.size()});
  hash_.update(text_of(first));
  return hash_.finish();
}

base::Sha256Digest hmac_sha256(std::string_view key, std::string_view message) {
  HmacSha256 hmac(key);
  hmac.update(message);
  return hmac.finish();
}

bool same_digest(const base::Sha256Digest& a, const base::Sha256Digest& b) {
  unsigned differences = 0;
  for (std::size_t i = 0; i < a.size(); ++i) differences |= static_cast<unsigned>(a[i] ^ b[i]);
  return differences == 0;
}

}  // namespace stillage::blob
