// SPDX-License-Identifier: MIT
#pragma once
// A part of another store: every key stands behind a prefix there. This is how zones, which do not trust each
// other, share one remote.

#include "blob/forwarding_store.h"

namespace stillage::blob {

class PrefixStore final : public ForwardingStore {
 public:
  /// Blobs lie at "prefix/key". A `local` failure if `prefix` is no valid key itself.
  static Outcome<std::shared_ptr<PrefixStore>> open(std::shared_ptr<BlobStore> inner, std::string prefix);

  std::string name() const override;
  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override;
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override;

 private:
  PrefixStore(std::shared_ptr<BlobStore> inner, std::string prefix)
      : ForwardingStore(std::move(inner)), prefix_(std::move(prefix)) {}

  const std::string prefix_;  ///< with the '/' at its end
};

}  // namespace stillage::blob
