// SPDX-License-Identifier: MIT
#include "blob/web_page.h"

#include <fmt/format.h>

#include "base/strings.h"

namespace stillage::blob {

net::Outcome<void> check_no_web_page(const net::HttpHead& head, const std::string& where) {
  // Stores there are that say "created" or "accepted" with a page, and call an empty answer one.
  const bool may_be_page = head.status == 200 && head.content_length != 0;
  if (!may_be_page || !base::to_lower(head.headers.get("content-type")).starts_with("text/html")) return {};
  return net::failure(
      net::FailureKind::protocol,
      fmt::format("{} answers with a web page instead of a blob: its URL is not that of a cache, or "
                  "something on the way wants a login",
                  where));
}

void accept_no_web_page(net::HttpRequest& request) {
  request.accept = [where = request.url.display(),
                    then = std::move(request.accept)](const net::HttpHead& head) -> net::Outcome<void> {
    STILLAGE_TRY(check_no_web_page(head, where));
    return then ? then(head) : net::Outcome<void>();
  };
}

}  // namespace stillage::blob
