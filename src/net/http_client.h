// SPDX-License-Identifier: MIT
#pragma once
// HTTP over a pool of connections that all threads share: requests are made by the thread that asks, whose
// source and sink are only ever called there, while one thread of the client's own moves the bytes. What is
// in flight takes bounded memory, however large the bodies are. HTTP/2 where TLS offers it; proxies from
// http_proxy, https_proxy, all_proxy and no_proxy, as libcurl reads them.

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "net/http_message.h"

namespace stillage::net {

/// Whether a server's certificate must be one that we can verify.
enum class TlsVerification { on, off };

struct TlsOptions {
  TlsVerification verification = TlsVerification::on;
  /// PEM file with the authorities to trust instead of the system's; "" is what the environment says (see
  /// ca_from_environment), else the system's.
  std::string ca_file;
  /// PEM files; "" is none.
  std::string client_certificate;
  std::string client_key;
  std::string client_key_password;
};

struct HttpClientOptions {
  TlsOptions tls;
  /// Requests at work at once; the others wait their turn, without any deadline running.
  std::size_t max_active = 32;
};

/// Where the authorities to trust are, if not where libcurl looks by itself.
struct CaPaths {
  std::string file;
  std::string folder;
  friend bool operator==(const CaPaths&, const CaPaths&) = default;
};

/// CURL_CA_BUNDLE, else SSL_CERT_FILE and SSL_CERT_DIR, in the place of the system's; else
/// NODE_EXTRA_CA_CERTS beside the system's. `look_up` gives a variable's value or nullptr.
CaPaths ca_from_environment(const std::function<const char*(const char*)>& look_up);

class TransferLoop;

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options = {});
  /// No request may be at work any more.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Makes one request and waits for the end of its answer. The body of a successful answer goes to `sink`
  /// (an answer without one does not begin it); that of another is in the response, which is a value here,
  /// not a failure: see failure_of. Redirects are followed up to five times within the same origin; one to
  /// another is not followed, and is a `protocol` failure. From any thread. Failures: transient (no
  /// connection, deadlines, cut off), protocol (redirects, ranges, TLS certificates, nonsense), local
  /// (source, sink, arguments), cancelled, and what `accept` says.
  Outcome<HttpResponse> perform(const HttpRequest& request, ByteSink& sink, std::stop_token stop = {});

  /// How far the clock of the server that answered last is ahead of ours, to a second or two; nothing before
  /// the first answer with a date.
  std::optional<std::chrono::seconds> clock_ahead() const;

 private:
  void note_date(const HttpResponse& response);

  static constexpr std::int64_t kNoDate = INT64_MIN;
  std::atomic<std::int64_t> clock_ahead_ = kNoDate;  ///< seconds
  std::unique_ptr<TransferLoop> loop_;
};

}  // namespace stillage::net
