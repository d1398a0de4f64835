// SPDX-License-Identifier: MIT
#include "blob/hmac.h"

#include <array>
#include <cstring>

namespace stillage::blob {
namespace {

std::string_view text_of(const base::Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

base::Sha256Digest hmac_sha256(std::string_view key, std::string_view message) {
  constexpr std::size_t kBlock = 64;
  std::array<char, kBlock> inner{};
  std::array<char, kBlock> outer{};
  const base::Sha256Digest short_key = base::sha256(key);
  if (key.size() > kBlock) key = text_of(short_key);
  std::memcpy(inner.data(), key.data(), key.size());
  outer = inner;
  for (char& byte : inner) byte ^= 0x36;
  for (char& byte : outer) byte ^= 0x5c;
  base::Sha256 hash;
  hash.update({inner.data(), kBlock});
  hash.update(message);
  const base::Sha256Digest first = hash.finish();
  hash.reset();
  hash.update({outer.data(), kBlock});
  hash.update(text_of(first));
  return hash.finish();
}

}  // namespace stillage::blob
