// SPDX-License-Identifier: MIT
#include "config/http_client_options.h"

#include <fmt/format.h>

#include "base/log.h"
#include "net/curl_library.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::config {
namespace {

constexpr std::uint64_t kLongestWaitMs = 3600 * 1000;

/// The path of a file that has to be there; "" where the option is not given.
Result<std::string> take_file(ProviderOptions& options, const StorePlace& place, const char* name) {
  const auto given = options.find(name);
  if (!given) return std::string();
  const std::string path = os::normalise_path(os::join_path(place.root, *given));
  const auto stat = os::stat_path(path, os::Links::follow);
  if (!stat || !*stat || (*stat)->kind() != os::FileKind::regular)
    return options.wrong(name,
                         "names no file that is there (it is looked for from the root of the workspace)");
  return path;
}

Status take_wait(ProviderOptions& options, const char* name, std::chrono::milliseconds& wait) {
  STILLAGE_ASSIGN(const std::uint64_t ms, options.number(name, static_cast<std::uint64_t>(wait.count())));
  if (ms < 1 || ms > kLongestWaitMs)
    return options.wrong(name, "must be a number of milliseconds, from 1 to 3600000");
  wait = std::chrono::milliseconds(static_cast<std::int64_t>(ms));
  return {};
}

}  // namespace

Result<net::TlsOptions> take_tls_options(ProviderOptions& options, const StorePlace& place) {
  STILLAGE_TRY(net::load_curl());
  net::TlsOptions tls;
  STILLAGE_ASSIGN(tls.ca_file, take_file(options, place, "caFile"));
  STILLAGE_ASSIGN(tls.client_certificate, take_file(options, place, "clientCertificate"));
  STILLAGE_ASSIGN(tls.client_key, take_file(options, place, "clientKey"));
  tls.client_key_password = options.text_or("clientKeyPassword", "");
  if (tls.client_certificate.empty() && !tls.client_key.empty())
    return options.wrong("clientKey", "is of no use without clientCertificate");
  STILLAGE_ASSIGN(const bool verify, options.flag("tlsVerify", true));
  if (!verify) {
    tls.verification = net::TlsVerification::off;
    // The topic is that of net, which would tell the same of every client.
    base::warn_once(
        "net/tls-verification",
        fmt::format("tlsVerify is false: the certificate of the remote cache ({}) is not checked, so "
                    "anybody on the way can pass for it and read its credentials; to trust a "
                    "certificate of your own, name its authority in caFile",
                    base::printable(options.provider())));
  }
  return tls;
}

Result<net::HttpDeadlines> take_deadlines(ProviderOptions& options) {
  net::HttpDeadlines deadlines;
  STILLAGE_TRY(take_wait(options, "connectTimeout", deadlines.connect));
  STILLAGE_TRY(take_wait(options, "stallTimeout", deadlines.stall));
  return deadlines;
}

Result<HttpAccess> take_http_access(ProviderOptions& options, const StorePlace& place) {
  net::HttpClientOptions client;
  STILLAGE_ASSIGN(client.tls, take_tls_options(options, place));
  STILLAGE_ASSIGN(const net::HttpDeadlines deadlines, take_deadlines(options));
  return HttpAccess{.client = std::make_shared<net::HttpClient>(std::move(client)), .deadlines = deadlines};
}

}  // namespace stillage::config
