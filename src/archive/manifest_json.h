// SPDX-License-Identifier: MIT
#pragma once
// The manifest of an entry as JSON text (docs/formats/entry.md). Every text that is not UTF-8 is written in
// base64, under a name that says so. What is read is checked: an entry's manifest is somebody else's word.

#include <string>
#include <string_view>

#include "archive/entry.h"
#include "stillage/result.h"

namespace stillage::archive {

/// The largest JSON text of a manifest, in bytes.
inline constexpr std::uint64_t kMaxManifest = 256ULL << 20;

/// The largest content of the first frame of an entry whose first two have `size` bytes: generous for any
/// log, small for a bomb.
inline constexpr std::uint64_t max_first_frame(std::uint64_t size) {
  constexpr std::uint64_t kBase = 16ULL << 20;
  return size < (kMaxManifest - kBase) / 256 ? kBase + 256 * size : kMaxManifest;
}

std::string encode_manifest(const Manifest& manifest);

/// The manifest of a JSON text. Errors name `name`, the entry: `unsupported` if it is of another format,
/// `corrupt` if a field is missing, of the wrong type, given twice or out of its range, or if the outputs do
/// not go together (see OutputOrder). Unknown fields are left for later versions to use.
Result<Manifest> decode_manifest(const std::string& json, std::string_view name);

}  // namespace stillage::archive
