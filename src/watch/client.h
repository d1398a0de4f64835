// SPDX-License-Identifier: MIT
#pragma once
// What a run asks the watcher service of its checkout. Nothing here waits for long, and nothing fails: who
// gets no answer goes the long way.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "watch/wire.h"

namespace stillage::watch {

/// Longer than a service that is at work takes to answer on a busy machine.
inline constexpr std::chrono::milliseconds kServicePatience{500};

class Client {
 public:
  explicit Client(std::string state_folder) : state_folder_(std::move(state_folder)) {}

  /// What changed after `since`, a time of `instance` (0, 0: since the list was registered). All that
  /// happened before the call is in it. Nothing: nobody is there who can be asked.
  std::optional<Answer> changes(std::uint64_t instance = 0, std::uint64_t since = 0) const;
  /// Has the list watched that lies in the state folder.
  bool watch() const;
  std::optional<Answer> status() const;
  /// Ends the service; returns when it has gone.
  bool stop() const;

 private:
  std::optional<Answer> ask(const Question& question) const;

  std::string state_folder_;
};

}  // namespace stillage::watch
