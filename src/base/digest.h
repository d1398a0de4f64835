// SPDX-License-Identifier: MIT
#pragma once
// The digests that the formats use: SHA-1 (git's blob ids), SHA-256 (keys, file contents in entries) and
// XXH3-128 (whole archives and state files, where only accidents matter). Each streams: update, then finish
// once.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace stillage::base {

using Sha1Digest = std::array<std::uint8_t, 20>;
using Sha256Digest = std::array<std::uint8_t, 32>;
using Xxh128Digest = std::array<std::uint8_t, 16>;

/// Which of OpenSSL's digests a ShaStream computes.
enum class ShaKind { sha1, sha256 };

/// One SHA computation over a stream of bytes; reset() makes it ready for the next, without a new context.
class ShaStream {
 public:
  explicit ShaStream(ShaKind kind);
  ~ShaStream();
  ShaStream(ShaStream&&) noexcept;
  ShaStream& operator=(ShaStream&&) noexcept;

  void reset();
  void update(std::string_view bytes);
  /// The digest of everything since the last reset. `out` has room for 20 or 32 bytes.
  void finish(std::uint8_t* out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// SHA-1 over a stream.
class Sha1 {
 public:
  void reset() { stream_.reset(); }
  void update(std::string_view bytes) { stream_.update(bytes); }
  Sha1Digest finish();

 private:
  ShaStream stream_{ShaKind::sha1};
};

/// SHA-256 over a stream.
class Sha256 {
 public:
  void reset() { stream_.reset(); }
  void update(std::string_view bytes) { stream_.update(bytes); }
  Sha256Digest finish();

 private:
  ShaStream stream_{ShaKind::sha256};
};

/// XXH3-128 over a stream; finish() gives the canonical (big-endian) form.
class Xxh128 {
 public:
  Xxh128();
  ~Xxh128();
  Xxh128(const Xxh128&) = delete;
  Xxh128& operator=(const Xxh128&) = delete;

  void reset();
  void update(std::string_view bytes);
  Xxh128Digest finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha1Digest sha1(std::string_view bytes);
Sha256Digest sha256(std::string_view bytes);
Xxh128Digest xxh128(std::string_view bytes);
/// XXH3-64: where a text lies in a table that is kept in a file.
std::uint64_t xxh3_64(std::string_view bytes);

/// git's object id of a blob with this content, in a SHA-1 repository: SHA-1 over "blob <length>\0<content>".
Sha1Digest git_blob_id(std::string_view content);

}  // namespace stillage::base
