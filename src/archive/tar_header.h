// SPDX-License-Identifier: MIT
#pragma once
// The tar headers of an entry, as docs/formats/entry.md fixes them to the byte: owner, group and time are
// zero, and a pax record is there only where the ustar field is too small. So equal outputs give equal bytes,
// and a reader need not parse a header that it does not trust: it makes the one that must be there and
// compares.

#include <cstdint>
#include <string>

#include "archive/entry.h"

namespace stillage::archive {

inline constexpr std::size_t kTarBlock = 512;
/// What fits into the fields of a name and of a link.
inline constexpr std::size_t kTarNameField = 100;
/// Two blocks of zeros end an archive.
inline constexpr std::size_t kTarEnd = 2 * kTarBlock;

/// How many zeros follow `size` bytes of content.
inline std::size_t tar_padding(std::uint64_t size) {
  return static_cast<std::size_t>((kTarBlock - size % kTarBlock) % kTarBlock);
}

/// Appends the headers of `output`: a pax header if one is needed, then the ustar header.
void append_tar_headers(const Output& output, std::string& out);

/// Appends the header of the manifest, a file of `size` bytes.
void append_manifest_header(std::uint64_t size, std::string& out);

/// The size that the ustar header at the start of `block` (kTarBlock bytes) states, zero if it states none.
std::uint64_t tar_size_field(std::string_view block);

}  // namespace stillage::archive
