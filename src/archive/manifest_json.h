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

/// The largest manifest that `compressed` bytes may unfold into: generous for any log, small for a bomb.
inline constexpr std::uint64_t max_manifest_of(std::uint64_t compressed) {
  const std::uint64_t most = (16ULL << 20) + 256 * compressed;
  return most < kMaxManifest ? most : kMaxManifest;
}

std::string encode_manifest(const Manifest& manifest);

/// The manifest of a JSON text. Errors name `name`, the entry: `unsupported` if it is of another format,
/// `corrupt` if a field is missing, of the wrong type, given twice or out of its range, or if the outputs do
/// not go together (see OutputOrder). Unknown fields are left for later versions to use.
Result<Manifest> decode_manifest(const std::string& json, std::string_view name);

}  // namespace stillage::archive
