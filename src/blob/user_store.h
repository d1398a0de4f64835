// SPDX-License-Identifier: MIT
#pragma once
// A store that a user of the library has given us (stillage/blob_store.h), as one of ours.

#include <memory>

#include "blob/blob_store.h"
#include "stillage/blob_store.h"

namespace stillage::blob {

class UserStore final : public BlobStore {
 public:
  explicit UserStore(std::shared_ptr<stillage::BlobStore> store) : store_(std::move(store)) {}

  Traits traits() const override;
  std::string name() const override;
  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;
  /// `unsupported`: nothing that users give us needs it.
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override;
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override;

 private:
  std::shared_ptr<stillage::BlobStore> store_;
};

}  // namespace stillage::blob
