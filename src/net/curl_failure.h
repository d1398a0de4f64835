// SPDX-License-Identifier: MIT
#pragma once
// What libcurl says when it fails, in our words.

#include <curl/curl.h>

#include <string>
#include <vector>

#include "net/failure.h"

namespace stillage::net {

/// The failure that libcurl's `code` means: "<what>: <why, else libcurl's text>", with a remedy where there
/// is one. `secrets` are taken out.
Failure curl_failure(CURLcode code, const std::string& what, const std::string& why,
                     const std::vector<std::string>& secrets);

}  // namespace stillage::net
