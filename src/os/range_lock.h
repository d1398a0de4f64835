// SPDX-License-Identifier: MIT
#pragma once
// Any number of advisory locks in one file: each is a byte of it, which need not exist. A lock belongs to the
// RangeLocks that took it (two of them exclude each other within one process as well) and ends with it, or
// with the process, however that dies. Child processes do not inherit them.

#include <cstdint>
#include <string>

#include "os/fd.h"
#include "os/lock.h"
#include "stillage/result.h"

namespace stillage::os {

/// Safe for use from many threads, for different bytes.
class RangeLocks {
 public:
  /// Opens the file, made if need be.
  static Result<RangeLocks> open(const std::string& path);

  /// Takes the lock of a byte (below 2^63 - 1) if it is free now; false if another holds it.
  Result<bool> try_lock(std::uint64_t byte, LockMode mode = LockMode::exclusive);
  void unlock(std::uint64_t byte);
  /// Whether another RangeLocks holds the byte in any mode.
  bool is_held_by_others(std::uint64_t byte) const;

 private:
  explicit RangeLocks(Fd file) : file_(std::move(file)) {}
  Fd file_;
};

}  // namespace stillage::os
