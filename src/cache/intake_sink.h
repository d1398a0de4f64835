// SPDX-License-Identifier: MIT
#pragma once
// What is fetched from a store, on its way into an intake.

#include <cstdint>
#include <optional>
#include <string_view>

#include "archive/entry_intake.h"
#include "blob/blob_store.h"
#include "stillage/result.h"

namespace stillage::cache {

/// Gives what comes to an intake, and keeps why that would have no more.
class IntakeSink final : public blob::ByteSink {
 public:
  explicit IntakeSink(archive::EntryIntake& intake) : intake_(intake) {}

  Status begin(std::optional<std::uint64_t> size) override { return noted(intake_.begin(size)); }
  Status write(std::string_view bytes) override { return noted(intake_.write(bytes)); }
  const std::optional<Error>& error() const { return error_; }

 private:
  Status noted(Status status) {
    error_ = status ? std::nullopt : std::optional(status.error());
    return status;
  }
  archive::EntryIntake& intake_;
  std::optional<Error> error_;
};

}  // namespace stillage::cache
