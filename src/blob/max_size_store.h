// SPDX-License-Identifier: MIT
#pragma once
// Neither stores nor fetches blobs beyond a size, which are `too_large` failures. Costs no request of its
// own: a source knows its size, and an answer says it, or is cut off at the limit.

#include <cstdint>

#include "blob/forwarding_store.h"

namespace stillage::blob {

class MaxSizeStore final : public ForwardingStore {
 public:
  /// Blobs of exactly `limit` bytes are fine; 0 is no limit.
  MaxSizeStore(std::shared_ptr<BlobStore> inner, std::uint64_t limit)
      : ForwardingStore(std::move(inner)), limit_(limit) {}

  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;

 private:
  const std::uint64_t limit_;
};

}  // namespace stillage::blob
