// SPDX-License-Identifier: MIT
#pragma once
// HMAC-SHA256 (RFC 2104), with which requests to object stores are signed.

#include <string_view>

#include "base/digest.h"

namespace stillage::blob {

base::Sha256Digest hmac_sha256(std::string_view key, std::string_view message);

}  // namespace stillage::blob
