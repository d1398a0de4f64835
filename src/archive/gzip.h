// SPDX-License-Identifier: MIT
#pragma once
// gzip, as packages of npm are compressed with it: written to a file and read from one as a stream, in memory
// that does not depend on the size.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "stillage/result.h"

namespace stillage::archive {

enum class GzipEffort { none, usual };  ///< none: for bytes that are compressed already

class GzipWriter {
 public:
  /// Appends to the open file `fd`, which outlives this object; `name` is for errors.
  GzipWriter(int fd, std::string name, GzipEffort effort);
  ~GzipWriter();

  /// An io error if the file takes no more; so does finish().
  Status write(std::string_view bytes);
  /// To be called once, after the last byte.
  Status finish();

 private:
  struct State;
  Status flush_some(int mode);
  std::unique_ptr<State> state_;
};

/// Hands what the rest of the open file `fd` was made of to `sink`, in pieces, and passes its error on. A
/// `corrupt` error for what is no whole gzip stream, and for one of more than `limit` bytes when unpacked.
Status gunzip(int fd, std::string_view name, std::uint64_t limit,
              const std::function<Status(std::string_view)>& sink);

}  // namespace stillage::archive
