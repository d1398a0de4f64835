// SPDX-License-Identifier: MIT
#include "base/hmac_stream.h"

#include <cstring>

namespace stillage::base {
namespace {

std::string_view text_of(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

HmacSha256::HmacSha256(std::string_view key) {
  std::array<char, 64> inner{};
  const Sha256Digest short_key = sha256(key);
  if (key.size() > inner.size()) key = text_of(short_key);
  std::memcpy(inner.data(), key.data(), key.size());
  outer_ = inner;
  for (char& byte : inner) byte ^= 0x36;
  for (char& byte : outer_) byte ^= 0x5c;
  hash_.update({inner.data(), inner.size()});
}

Sha256Digest HmacSha256::finish() {
  const Sha256Digest first = hash_.finish();
  hash_.reset();
  hash_.update({outer_.data(), outer_.size()});
  hash_.update(text_of(first));
  return hash_.finish();
}

bool same_digest(const Sha256Digest& a, const Sha256Digest& b) {
  unsigned differences = 0;
  for (std::size_t i = 0; i < a.size(); ++i) differences |= static_cast<unsigned>(a[i] ^ b[i]);
  return differences == 0;
}

}  // namespace stillage::base
