// SPDX-License-Identifier: MIT
#pragma once
// A container of Azure Blob Storage. See docs/backends/azure.md. Large blobs go up as blocks and come down as
// ranges, several at a time; small ones take one request each way.

#include <memory>
#include <string>

#include "blob/azure_account.h"
#include "blob/blob_store.h"
#include "blob/parts.h"
#include "blob/retrier.h"
#include "net/http_client.h"

namespace stillage::blob {

struct AzureStoreOptions {
  AzureAccount account;
  std::string container;
  /// Blobs up to this size are put with one request; 0 puts every blob as blocks, as backfill does.
  std::uint64_t single_put = 4 << 20;
  Parts upload{.size = 4 << 20, .at_once = 5};
  /// With at_once = 1, a blob is fetched with one plain request, whatever its size.
  Parts download{.size = 4 << 20, .at_once = 4};
  net::HttpDeadlines deadlines = {};
  /// For the parts of a large blob, so that one that fails does not cost all the others; timeouts excepted,
  /// as a remote that does not answer is not to be waited for twice.
  RetryOptions part_retry = {.after_timeouts = false};
};

class AzureStore final : public BlobStore {
 public:
  AzureStore(std::shared_ptr<net::HttpClient> client, AzureStoreOptions options);

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
  /// Signs the request and makes it.
  Outcome<net::HttpResponse> perform(net::HttpRequest& request, ByteSink& sink, const std::stop_token& stop);
  /// The same for one that has no answer of interest; a status that is no success is a failure.
  Outcome<void> tell(net::HttpRequest request, const std::stop_token& stop);
  Outcome<void> put_blocks(const std::string& key, ByteSource& source, const PutOptions& options,
                           const std::stop_token& stop);
  Failure failure_of(const net::HttpRequest& request, const net::HttpResponse& response) const;

  std::shared_ptr<net::HttpClient> client_;
  const AzureStoreOptions options_;
  const net::Url container_;
  const Retrier part_retrier_;
};

}  // namespace stillage::blob
