// SPDX-License-Identifier: MIT
#pragma once
// Writes a tar that is compressed with gzip, member by member: what npm calls a package.

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/entry.h"
#include "archive/gzip.h"
#include "stillage/result.h"

namespace stillage::archive {

class TgzWriter {
 public:
  /// Appends to the open file `fd`, which outlives this object; `name` is for errors.
  TgzWriter(int fd, std::string name, GzipEffort effort) : gzip_(fd, std::move(name), effort) {}

  /// Starts a member, of which the path, kind, mode, size and link count. Its content follows in write()s.
  Status begin(const Output& member);
  Status write(std::string_view bytes);
  /// Ends the member. An `invalid` error unless exactly `size` bytes have come.
  Status end();
  /// begin, write and end of a file.
  Status add_file(const std::string& path, std::string_view content);
  /// To be called once, after the last member.
  Status finish();

 private:
  GzipWriter gzip_;
  std::uint64_t size_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace stillage::archive
