// SPDX-License-Identifier: MIT
#pragma once
// What the answers of HTTP caches have in common.

#include <optional>
#include <string>

#include "blob/blob_store.h"
#include "net/http_message.h"

namespace stillage::blob {

/// A `protocol` failure unless it is the head of a blob's answer, and not what a portal, a proxy or a web
/// server says in its place. `where` is for the message.
Outcome<void> accept_blob(const net::HttpHead& head, const std::string& where);

/// What an answer to a GET or HEAD that is no success means: nothing, or a failure.
Outcome<std::optional<BlobInfo>> miss_or_failure(const net::HttpRequest& request,
                                                 const net::HttpResponse& answer);

}  // namespace stillage::blob
