// SPDX-License-Identifier: MIT
#include "cache/backfill_tar_sink.h"

#include <fmt/format.h>

namespace stillage::cache {

Status BackfillTarSink::check_size() const {
  if (!is_too_large()) return {};
  return fail(ErrorKind::invalid,
              fmt::format("the blob has {} bytes or more, and maxSize is {}", size_, max_size_));
}

Status BackfillTarSink::begin(std::optional<std::uint64_t> size) {
  extraction_.reset();
  size_ = size.value_or(0);
  STILLAGE_TRY(check_size());
  size_ = 0;
  STILLAGE_ASSIGN(BackfillStore::Stage stage, make_stage_());
  extraction_ = std::make_unique<Extraction>(std::move(stage));
  return {};
}

Status BackfillTarSink::write(std::string_view bytes) {
  size_ += bytes.size();
  STILLAGE_TRY(check_size());
  return extraction_->reader.feed(bytes);
}

Result<BackfillStore::Stage> BackfillTarSink::finish() {
  if (!extraction_) return fail(ErrorKind::corrupt, "the tar is empty: not even its end is there");
  STILLAGE_TRY(extraction_->reader.finish());
  return std::move(extraction_->stage);
}

}  // namespace stillage::cache
