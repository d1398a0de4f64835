// SPDX-License-Identifier: MIT
#include "interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace stillage::cli {
namespace {

/// Wakes the waiting thread at the end; nobody else sends it.
constexpr int kEnd = SIGUSR2;

sigset_t watched() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, kEnd}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t signals = watched();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A reader that goes away (`| head`) must not end us while scripts run.
  ::signal(SIGPIPE, SIG_IGN);
  thread_ = std::thread([this] { wait(); });
}

Interrupt::~Interrupt() {
  ::pthread_kill(thread_.native_handle(), kEnd);
  thread_.join();
}

int Interrupt::exit_code() const {
  return source_.stop_requested() ? 128 + signal_ : 0;
}

void Interrupt::wait() {
  const sigset_t signals = watched();
  while (true) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) continue;
    if (signal == kEnd) return;
    if (source_.stop_requested()) ::_exit(128 + signal);
    signal_ = signal;  // before the request, which publishes it
    source_.request_stop();
  }
}

}  // namespace stillage::cli
