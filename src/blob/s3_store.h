// SPDX-License-Identifier: MIT
#pragma once
// A bucket of S3, or of what speaks like it. See docs/backends/s3.md. Large blobs go up in parts and come
// down as ranges, several at a time; small ones take one request each way.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "blob/parts.h"
#include "blob/retrier.h"
#include "blob/sigv4.h"
#include "net/http_client.h"

namespace stillage::blob {

/// Gives valid credentials; called before each request, from any thread.
using AwsCredentialsSource = std::function<net::Outcome<AwsCredentials>(std::stop_token stop)>;

enum class S3Addressing {
  virtual_host,  ///< https://bucket.endpoint/key
  path,          ///< https://endpoint/bucket/key
};

struct S3StoreOptions {
  net::Url endpoint;  ///< without the bucket: https://s3.eu-central-1.amazonaws.com
  std::string bucket;
  std::string region;
  AwsCredentialsSource credentials;
  S3Addressing addressing = S3Addressing::virtual_host;
  /// The server honours `If-None-Match: *`. AWS does; one that ignores it would replace the blob.
  bool conditional_puts = false;
  /// For every request that makes a blob: the fields that ask for encryption at rest, say.
  std::vector<net::Header> put_headers = {};
  /// Told of credentials that the service calls expired or unknown; true if asking again may give others.
  std::function<bool(const AwsCredentials& credentials)> credentials_refused = {};
  /// Blobs up to this size are put with one request.
  std::uint64_t single_put = 8 << 20;
  Parts upload{.size = 8 << 20, .at_once = 4};  ///< S3 wants at least 5 MiB
  Parts download{.size = 4 << 20, .at_once = 4};
  net::HttpDeadlines deadlines = {};
  /// For the parts of a large blob, so that one that fails does not cost all the others.
  RetryOptions part_retry = {.after_timeouts = false};
};

class S3Store final : public BlobStore {
 public:
  /// An `invalid` error if the bucket's name can't stand in a URL as the addressing wants it.
  static Result<std::shared_ptr<S3Store>> open(std::shared_ptr<net::HttpClient> client,
                                               S3StoreOptions options);

  Traits traits() const override;
  std::string name() const override;
  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override;
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override;
  std::optional<std::chrono::seconds> clock_ahead() const override { return client_->clock_ahead(); }

 private:
  S3Store(std::shared_ptr<net::HttpClient> client, S3StoreOptions options, net::Url bucket);
  net::HttpRequest request(std::string method, const net::Url& url) const;
  /// Signs the request and makes it.
  Outcome<net::HttpResponse> perform(net::HttpRequest& request, ByteSink& sink, const std::stop_token& stop);
  /// The same; a status that is no success is a failure. Returns the answer's body, if there is one.
  Outcome<std::string> tell(net::HttpRequest request, const std::stop_token& stop,
                            net::Headers* headers = nullptr);
  Outcome<void> put_parts(const std::string& key, ByteSource& source, const PutOptions& options,
                          const std::stop_token& stop);
  Outcome<void> finish_parts(const net::Url& upload, const std::vector<std::string>& etags,
                             const PutOptions& options, const std::stop_token& stop);
  /// Asks for the removal of an upload's parts, which would be paid for for ever if nobody finishes it.
  void forget_parts(const net::Url& upload);
  Failure failure_of(const net::HttpRequest& request, const net::HttpResponse& response) const;

  std::shared_ptr<net::HttpClient> client_;
  const S3StoreOptions options_;
  const net::Url bucket_;
  const Retrier part_retrier_;
};

}  // namespace stillage::blob
