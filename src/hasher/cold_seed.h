// SPDX-License-Identifier: MIT
#pragma once
// What lage takes for known of all files where there is no manifest yet: git's ids of their contents.

#include <string>

#include "git/plain_listing.h"
#include "hasher/file_manifest.h"
#include "stillage/result.h"

namespace stillage::hasher {

/// Nanoseconds as whole milliseconds, downwards.
std::int64_t to_milliseconds(std::int64_t ns);

/// The digests of the listed files as `git ls-tree` and `git hash-object` give them: raw bytes, or what the
/// user's filters make of them; of an unchanged link the digest of its text, of a submodule its commit. By
/// the index alone where nothing may convert contents, else by asking git. Empty without git.
FileManifest seed_manifest(const std::string& root, const git::PlainListing& listing);

}  // namespace stillage::hasher
