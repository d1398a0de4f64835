// SPDX-License-Identifier: MIT
#include "blob/http_answer.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "blob/web_page.h"

namespace stillage::blob {

Outcome<void> accept_blob(const net::HttpHead& head, const std::string& where) {
  if (head.status != 200)
    return net::failure(FailureKind::protocol, fmt::format("{} answers {} to a GET", where, head.status));
  STILLAGE_TRY(check_no_web_page(head, where));
  const std::string encoding = base::to_lower(head.headers.get("content-encoding"));
  if (!encoding.empty() && encoding != "identity")
    return net::failure(FailureKind::protocol,
                        fmt::format("{} answers with an encoding that was not asked for, {}", where,
                                    base::printable(encoding)));
  return {};
}

Outcome<std::optional<BlobInfo>> miss_or_failure(const net::HttpRequest& request,
                                                 const net::HttpResponse& answer) {
  Failure failure = failure_of(request, answer);
  if (failure.what == FailureKind::not_found) return std::optional<BlobInfo>();
  return tl::make_unexpected(std::move(failure));
}

}  // namespace stillage::blob
