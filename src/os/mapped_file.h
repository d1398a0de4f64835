// SPDX-License-Identifier: MIT
#pragma once
// A file's bytes mapped read-only. Only for files that their writers replace and never change in place (our
// own state, git's index): a file cut short under the mapping would end the process.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "stillage/result.h"

namespace stillage::os {

class MappedFile {
 public:
  /// Maps the file; nothing if there is none.
  static Result<std::optional<MappedFile>> open(const std::string& path);

  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  std::string_view bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes_;
};

}  // namespace stillage::os
