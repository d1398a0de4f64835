// SPDX-License-Identifier: MIT
#include "archive/seal_frame.h"

#include <algorithm>
#include <cstdint>

#include "archive/trailer.h"

namespace stillage::archive {
namespace {

/// One above the magic of the trailer, so that the two can't be taken for each other.
std::string header_of(std::size_t length) {
  std::string header("\x51\x2A\x4D\x18", 4);
  for (int shift = 0; shift < 32; shift += 8) header += static_cast<char>(length >> shift & 0xFF);
  return header;
}

/// Whether the end of `bytes` has the form of a trailer.
bool ends_with_trailer(std::string_view bytes) {
  return bytes.size() >= kTrailer && bytes.substr(bytes.size() - kTrailer).starts_with(kTrailerHeader);
}

}  // namespace

std::string make_seal_frame(std::string_view seal) {
  return header_of(seal.size()).append(seal);
}

std::string_view find_seal(std::string_view tail) {
  if (ends_with_trailer(tail)) return {};
  for (std::size_t length = 1; length <= kMaxSeal && length + kSealHeader <= tail.size(); ++length) {
    const std::size_t start = tail.size() - length - kSealHeader;
    if (!tail.substr(start).starts_with(header_of(length))) continue;
    if (ends_with_trailer(tail.substr(0, start))) return tail.substr(start + kSealHeader);
  }
  return {};
}

}  // namespace stillage::archive
