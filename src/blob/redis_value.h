// SPDX-License-Identifier: MIT
#pragma once
// What a blob looks like as a string in Redis: a head, then the blob. docs/backends/redis.md has its layout.
// The head says how large the blob is, so that one GETRANGE tells all, and holds a number drawn at random for
// each put, by which parts fetched one after the other are known to be of one blob.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "blob/blob_store.h"

namespace stillage::blob {

struct RedisHead {
  static constexpr std::size_t kPutOffset = 16;  ///< of `put` in the string
  static constexpr std::size_t kPutSize = 16;
  static constexpr std::size_t kFixedSize = 44;
  /// No head is longer.
  static constexpr std::size_t kLongest = kFixedSize + 8192;

  std::string put;  ///< 16 random bytes
  std::uint64_t size = 0;
  Metadata metadata;
  std::size_t length = 0;  ///< of the head itself
};

/// The head of a blob of that size, with a new number.
std::string make_redis_head(std::uint64_t size, const Metadata& metadata);

/// What `value`, the beginning of a string, says; `protocol` failures for what was not written by a store
/// like this one. `value` holds the whole head, unless the string is shorter.
Outcome<RedisHead> parse_redis_head(std::string_view value);

/// The size of the blob whose string starts with these kFixedSize bytes; nothing if they are no head of ours.
std::optional<std::uint64_t> redis_blob_size(std::string_view fixed);

}  // namespace stillage::blob
