// SPDX-License-Identifier: MIT
#pragma once
// A folder of our own for what is only needed for a while: it goes with its object. What a process that was
// killed has left of such folders goes when the next one is made in the same place.

#include <optional>
#include <string>

#include "os/fd.h"
#include "os/lock.h"
#include "stillage/result.h"

namespace stillage::os {

class ScratchDir {
 public:
  /// Makes one, for this user alone, in the folder `place`, which is made if it is missing; "" is the
  /// system's folder for temporary files.
  static Result<ScratchDir> make(const std::string& place = {});
  ScratchDir(ScratchDir&& other) noexcept;
  ScratchDir& operator=(ScratchDir&&) = delete;
  ~ScratchDir();

  /// Absolute if `place` is.
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  ScratchDir() = default;
  std::string path_;
  std::optional<FileLock> lock_;  ///< tells others that somebody is at work here
};

}  // namespace stillage::os
