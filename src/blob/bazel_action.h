// SPDX-License-Identifier: MIT
#pragma once
// The one message of Bazel's remote execution API that its HTTP caching protocol has: an ActionResult, in the
// protobuf encoding, with a single output file. What is read comes from outside.

#include <cstdint>
#include <string>
#include <string_view>

#include "blob/blob_store.h"

namespace stillage::blob {

/// What names a content in a content-addressed store.
struct CasDigest {
  std::string hash;  ///< SHA-256, 64 lower-case hex digits
  std::uint64_t size = 0;
  friend bool operator==(const CasDigest&, const CasDigest&) = default;
};

/// An ActionResult whose only output is a file "blob" with that content.
std::string encode_action_result(const CasDigest& digest);

/// The content of the first output file; a `protocol` failure if there is none, or if the bytes are no
/// ActionResult. Fields that are not known are passed over.
Outcome<CasDigest> parse_action_result(std::string_view bytes);

}  // namespace stillage::blob
