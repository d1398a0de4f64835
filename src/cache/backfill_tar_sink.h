// SPDX-License-Identifier: MIT
#pragma once
// A tar that comes from a remote, taken apart as it comes, into a folder aside that nobody looks into before
// all of it is there. Memory: what the tar's longest name takes.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "archive/tar_reader.h"
#include "blob/blob_store.h"
#include "cache/backfill_store.h"
#include "cache/tar_folder.h"
#include "stillage/result.h"

namespace stillage::cache {

class BackfillTarSink final : public blob::ByteSink {
 public:
  using MakeStage = std::function<Result<BackfillStore::Stage>()>;
  /// Tars of more than `max_size` bytes are refused (0: none is).
  BackfillTarSink(MakeStage make_stage, std::uint64_t max_size)
      : make_stage_(std::move(make_stage)), max_size_(max_size) {}

  /// Starts afresh, with another folder.
  Status begin(std::optional<std::uint64_t> size) override;
  /// A `corrupt` error for what is no sound tar, `io` if this machine can't take it.
  Status write(std::string_view bytes) override;

  /// The folder with what was in the tar. To be called once, after the last byte: a `corrupt` error if the
  /// tar was cut off.
  Result<BackfillStore::Stage> finish();

  /// What the tar has, or is said to have where that was too much.
  std::uint64_t size() const { return size_; }
  /// Whether begin or write failed for the limit's sake.
  bool is_too_large() const { return max_size_ > 0 && size_ > max_size_; }

 private:
  struct Extraction {
    explicit Extraction(BackfillStore::Stage into)
        : stage(std::move(into)), folder(stage.folder()), reader(folder) {}
    BackfillStore::Stage stage;
    TarFolder folder;
    archive::TarReader reader;
  };
  Status check_size() const;

  const MakeStage make_stage_;
  const std::uint64_t max_size_;
  std::uint64_t size_ = 0;
  std::unique_ptr<Extraction> extraction_;
};

}  // namespace stillage::cache
