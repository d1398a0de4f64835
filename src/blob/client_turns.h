// SPDX-License-Identifier: MIT
#pragma once
// Who may start a client program of a remote now: few at a time, as each is a whole program; and one alone
// until the remote has answered for the first time, so that one that never does is found out soon, and not by
// a crowd of programs that keep each other from starting.

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <stop_token>

namespace stillage::blob {

/// Thread-safe.
class ClientTurns {
 public:
  explicit ClientTurns(std::size_t most) : most_(most) {}

  /// As long as it lives, a client may be at work.
  class Turn {
   public:
    explicit Turn(ClientTurns& turns) : turns_(&turns) {}
    Turn(Turn&& other) noexcept : turns_(other.turns_) { other.turns_ = nullptr; }
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_ != nullptr) turns_->end();
    }
    /// The remote has said something, whatever it was.
    void answered() { turns_->set_answered(); }

   private:
    ClientTurns* turns_;
  };

  /// Waits for a turn; nothing if `stop` is requested before there is one.
  std::optional<Turn> take(const std::stop_token& stop);

 private:
  void end();
  void set_answered();

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t at_work_ = 0;
  bool answered_ = false;
};

}  // namespace stillage::blob
