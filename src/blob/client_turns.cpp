// SPDX-License-Identifier: MIT
#include "blob/client_turns.h"

namespace stillage::blob {

std::optional<ClientTurns::Turn> ClientTurns::take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const bool may = changed_.wait(lock, stop, [this] { return at_work_ < (answered_ ? most_ : 1); });
  if (!may || stop.stop_requested()) return std::nullopt;
  ++at_work_;
  return Turn(*this);
}

void ClientTurns::end() {
  {
    const std::lock_guard lock(mutex_);
    --at_work_;
  }
  changed_.notify_all();
}

void ClientTurns::set_answered() {
  {
    const std::lock_guard lock(mutex_);
    answered_ = true;
  }
  changed_.notify_all();
}

}  // namespace stillage::blob
