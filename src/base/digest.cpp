// SPDX-License-Identifier: MIT
#include "base/digest.h"

#include <openssl/evp.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/crypto_check.h"

namespace stillage::base {
namespace {

const EVP_MD* algorithm(ShaKind kind) {
  // Fetching an algorithm is dearer than hashing a small file with it, hence once per process.
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return kind == ShaKind::sha1 ? sha1 : sha256;
}

}  // namespace

struct ShaStream::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const EVP_MD* algorithm = nullptr;
  ~State() { EVP_MD_CTX_free(context); }
};

ShaStream::ShaStream(ShaKind kind) : state_(std::make_unique<State>()) {
  state_->algorithm = algorithm(kind);
  require_crypto(state_->context != nullptr && state_->algorithm != nullptr);
  reset();
}

ShaStream::~ShaStream() = default;
ShaStream::ShaStream(ShaStream&&) noexcept = default;
ShaStream& ShaStream::operator=(ShaStream&&) noexcept = default;

void ShaStream::reset() {
  require_crypto(EVP_DigestInit_ex2(state_->context, state_->algorithm, nullptr) == 1);
}

void ShaStream::update(std::string_view bytes) {
  require_crypto(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

void ShaStream::finish(std::uint8_t* out) {
  require_crypto(EVP_DigestFinal_ex(state_->context, out, nullptr) == 1);
}

Sha1Digest Sha1::finish() {
  Sha1Digest digest;
  stream_.finish(digest.data());
  return digest;
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  stream_.finish(digest.data());
  return digest;
}

struct Xxh128::State {
  XXH3_state_t xxh;
};

Xxh128::Xxh128() : state_(std::make_unique<State>()) {
  reset();
}
Xxh128::~Xxh128() = default;

void Xxh128::reset() {
  XXH3_128bits_reset(&state_->xxh);
}

void Xxh128::update(std::string_view bytes) {
  XXH3_128bits_update(&state_->xxh, bytes.data(), bytes.size());
}

Xxh128Digest Xxh128::finish() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state_->xxh));
  return std::to_array(canonical.digest);
}

Sha1Digest sha1(std::string_view bytes) {
  Sha1 hash;
  hash.update(bytes);
  return hash.finish();
}

Sha256Digest sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

Xxh128Digest xxh128(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  return std::to_array(canonical.digest);
}

std::uint64_t xxh3_64(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Sha1Digest git_blob_id(std::string_view content) {
  thread_local Sha1 hash;
  hash.reset();
  hash.update("blob " + std::to_string(content.size()));
  hash.update(std::string_view("\0", 1));
  hash.update(content);
  return hash.finish();
}

}  // namespace stillage::base
