// SPDX-License-Identifier: MIT
#pragma once
// Ctrl-C and its kin as a stop token.

#include <stop_token>
#include <thread>

namespace stillage::cli {

/// While it lives, SIGINT, SIGTERM, SIGHUP and SIGQUIT request a stop instead of ending the process; a second
/// one ends it at once. Make it before any other thread starts.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  /// The exit code of a process that such a signal ended: 128 and the signal's number; 0 if there was none.
  int exit_code() const;

 private:
  void wait();

  std::stop_source source_;
  std::thread thread_;
  int signal_ = 0;
};

}  // namespace stillage::cli
