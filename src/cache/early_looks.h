// SPDX-License-Identifier: MIT
#pragma once
// Looks at the outputs of a run's targets while other threads still find out their keys: whichever entry a
// target will hit, its outputs are in place only if they are as its snapshot says, and that can be seen
// without the key. A look proves what one after the look-up would: that at some moment of the run the outputs
// were those of the snapshot's key.

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cache/snapshot.h"

namespace stillage::cache {

struct Checkout;

class EarlyLooks {
 public:
  /// Nothing is looked at before start().
  explicit EarlyLooks(Checkout& checkout) : checkout_(checkout) {}
  ~EarlyLooks() { end(); }
  EarlyLooks(const EarlyLooks&) = delete;
  EarlyLooks& operator=(const EarlyLooks&) = delete;

  /// Begins to look, on threads of its own. Once. Where the system gives no threads, nothing is seen.
  void start();
  /// Ends the threads; the package that one is at is looked at to the end.
  void end();

  /// Whether the outputs of the target at `index` in the catalog were seen to be those of `snapshot`, every
  /// one of them and all their folders, by their stats alone. Waits for a look that is going on, and keeps
  /// others from beginning: if the answer is no, the caller looks for himself. From any thread.
  bool saw_in_place(std::size_t index, const Snapshot& snapshot);

 private:
  enum class State { untouched, looking, done, given_up };
  struct Slot {
    std::atomic<State> state = State::untouched;
    std::shared_ptr<const Snapshot> in_place;  ///< null if they are not, or not for sure
  };

  void work();
  void look_at_package(const std::vector<std::size_t>& indexes);

  Checkout& checkout_;
  std::vector<Slot> slots_;                         ///< by index in the catalog
  std::vector<std::vector<std::size_t>> packages_;  ///< the targets of each, in the order of their first ones
  std::atomic<std::size_t> next_package_ = 0;
  std::atomic<bool> is_ending_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace stillage::cache
