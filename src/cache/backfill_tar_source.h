// SPDX-License-Identifier: MIT
#pragma once
// An entry of the folder format as the tar that backfill would upload, made while it is read: from its start
// as often as somebody wants it, with one open file and a header in memory.

#include <cstdint>
#include <span>
#include <string>

#include "blob/blob_store.h"
#include "cache/backfill_entry.h"
#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::cache {

class BackfillTarSource final : public blob::ByteSource {
 public:
  /// `entry` outlives it. Errors (invalid) as append_backfill_headers.
  static Result<BackfillTarSource> of(const BackfillEntry& entry);

  std::uint64_t size() const override { return size_; }
  Status rewind() override;
  /// A `corrupt` error if the entry is no longer what it was.
  Result<std::size_t> read(std::span<char> buffer) override;

 private:
  explicit BackfillTarSource(const BackfillEntry& entry) : entry_(&entry) {}
  /// Makes ready what comes after all that has been read; false at the end.
  Result<bool> advance();
  Status begin_item();

  const BackfillEntry* entry_;
  std::uint64_t size_ = 0;
  std::size_t next_item_ = 0;
  bool is_ended_ = false;
  std::string pending_;  ///< headers, padding or the end
  std::size_t pending_at_ = 0;
  os::Fd content_;
  std::uint64_t content_left_ = 0;
};

}  // namespace stillage::cache
