// SPDX-License-Identifier: MIT
#pragma once
// What may stand after an archive where it lies in a remote cache: one skippable zstd frame with a seal
// (docs/formats/remote.md). The archive in front of it stays what it is.

#include <cstddef>
#include <string>
#include <string_view>

namespace stillage::archive {

/// The longest seal, in bytes.
inline constexpr std::size_t kMaxSeal = 4096;
/// What stands around it.
inline constexpr std::size_t kSealHeader = 8;

/// The frame with `seal`, which is not longer than kMaxSeal.
std::string make_seal_frame(std::string_view seal);

/// The seal at the end of `tail`, the last bytes of a blob: at least the trailer, the longest seal and its
/// header, unless the blob is shorter. Empty if there is none.
std::string_view find_seal(std::string_view tail);

}  // namespace stillage::archive
