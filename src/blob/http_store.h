// SPDX-License-Identifier: MIT
#pragma once
// A remote cache on any HTTP server that takes PUT: a blob is the resource at <url>/<key>. See
// docs/backends/http.md.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/strings.h"
#include "blob/blob_store.h"
#include "net/http_client.h"

namespace stillage::blob {

struct HttpStoreOptions {
  net::Url url;  ///< where the blobs lie; user info in it is Basic authorization
  std::string bearer_token = {};
  /// Sent with every request; their values are taken for secrets.
  std::vector<net::Header> headers = {};
  /// The server honours `If-None-Match: *` on PUT. One that ignores it would replace the blob.
  bool conditional_puts = false;
  /// Folders are made with MKCOL (WebDAV) before the first PUT of this store into them: what a server that
  /// misses them answers to a PUT differs from one to the other.
  bool make_collections = false;
  net::HttpDeadlines deadlines = {};
};

class HttpStore final : public BlobStore {
 public:
  /// `client` may be shared by stores that need the same TLS options.
  HttpStore(std::shared_ptr<net::HttpClient> client, HttpStoreOptions options);

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
  net::HttpRequest request(std::string method, const std::string& key) const;
  /// Makes every folder above `key` that this store has not made yet.
  Outcome<void> make_collections(const std::string& key, const std::stop_token& stop);

  std::shared_ptr<net::HttpClient> client_;
  const HttpStoreOptions options_;
  std::mutex mutex_;
  base::StringSet collections_;  ///< that are there
};

}  // namespace stillage::blob
