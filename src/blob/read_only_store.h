// SPDX-License-Identifier: MIT
#pragma once
// A store that is only read: every change is an `unsupported` failure, without a request.

#include "blob/forwarding_store.h"

namespace stillage::blob {

class ReadOnlyStore final : public ForwardingStore {
 public:
  explicit ReadOnlyStore(std::shared_ptr<BlobStore> inner) : ForwardingStore(std::move(inner)) {}

  Traits traits() const override;
  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
};

}  // namespace stillage::blob
