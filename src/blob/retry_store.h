// SPDX-License-Identifier: MIT
#pragma once
// Tries again what failed for a passing reason: `transient` failures only, when the Retrier says so. Sources
// are rewound and sinks begun again by the store itself.

#include "blob/forwarding_store.h"
#include "blob/retrier.h"

namespace stillage::blob {

class RetryStore final : public ForwardingStore {
 public:
  RetryStore(std::shared_ptr<BlobStore> inner, Retrier retrier)
      : ForwardingStore(std::move(inner)), retrier_(std::move(retrier)) {}

  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override;
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  /// Not tried again once a blob has been visited.
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override;

 private:
  const Retrier retrier_;
};

}  // namespace stillage::blob
