// SPDX-License-Identifier: MIT
#pragma once
// Whether other processes have changed a checkout's snapshots, found out with one look: a file that grows by
// a byte with each change (docs/formats/state.md). Safe for use from many threads.

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "stillage/result.h"

namespace stillage::cache {

class SnapshotChanges {
 public:
  /// What by_others() says until others have changed anything since this object was made.
  static constexpr std::uint64_t kNone = 1;

  /// Counts in `file`; "": there are no other processes.
  explicit SnapshotChanges(std::string file) : file_(std::move(file)) { (void)by_others(); }

  /// Tells other processes that this one has changed a snapshot. To be called when the change can be seen,
  /// and before anything that it announces is done: an error means that they would not know of it.
  Status tell();
  /// A number that stays the same for as long as no other process has told of a change.
  std::uint64_t by_others();

 private:
  struct State {
    std::uint64_t inode = 0;
    std::uint64_t foreign = 0;  ///< bytes that are not ours; wraps where the file was cut
    friend bool operator==(const State&, const State&) = default;
  };

  std::string file_;
  std::mutex mutex_;
  std::uint64_t own_ = 0;
  std::optional<State> last_;
  std::uint64_t number_ = kNone - 1;
};

}  // namespace stillage::cache
