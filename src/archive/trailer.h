// SPDX-License-Identifier: MIT
#pragma once
// The end of an entry: a skippable zstd frame with the XXH3-128 of all bytes before it. It guards against
// accidents (cut off, bit flips, another file) and is checked before anything else is believed.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace stillage::archive {

inline constexpr std::size_t kTrailer = 24;
/// How it starts: magic 0x184D2A50, length 16, little-endian.
inline constexpr std::string_view kTrailerHeader("\x50\x2A\x4D\x18\x10\0\0\0", 8);

/// The last kTrailer bytes of an entry whose other bytes have this digest.
inline std::string make_trailer(const base::Xxh128Digest& digest) {
  std::string bytes(kTrailerHeader);
  bytes.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  return bytes;
}

}  // namespace stillage::archive
