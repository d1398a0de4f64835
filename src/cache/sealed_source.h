// SPDX-License-Identifier: MIT
#pragma once
// An archive and the seal that travels behind it, as one source of bytes.

#include <string>

#include "blob/blob_store.h"

namespace stillage::cache {

class SealedSource final : public blob::ByteSource {
 public:
  /// `archive` outlives this object; `seal` is the frame (archive::make_seal_frame), or empty.
  SealedSource(blob::ByteSource& archive, std::string seal) : archive_(archive), seal_(std::move(seal)) {}

  std::uint64_t size() const override { return archive_.size() + seal_.size(); }
  Status rewind() override {
    sent_of_seal_ = 0;
    return archive_.rewind();
  }
  Result<std::size_t> read(std::span<char> buffer) override {
    STILLAGE_ASSIGN(const std::size_t got, archive_.read(buffer));
    if (got != 0) return got;
    const std::size_t count = seal_.copy(buffer.data(), buffer.size(), sent_of_seal_);
    sent_of_seal_ += count;
    return count;
  }

 private:
  blob::ByteSource& archive_;
  const std::string seal_;
  std::size_t sent_of_seal_ = 0;
};

}  // namespace stillage::cache
