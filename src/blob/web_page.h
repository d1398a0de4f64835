// SPDX-License-Identifier: MIT
#pragma once
// What a portal, a proxy or a web server says in the place of a store: a page with a success for its status.

#include <string>

#include "net/http_message.h"

namespace stillage::blob {

/// A `protocol` failure if the answer of `where` is a web page with the status 200, which no blob is.
net::Outcome<void> check_no_web_page(const net::HttpHead& head, const std::string& where);

/// Has a request fail so, before its sink gets anything; what it would accept otherwise is asked after that.
void accept_no_web_page(net::HttpRequest& request);

}  // namespace stillage::blob
