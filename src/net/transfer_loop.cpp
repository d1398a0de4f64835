// SPDX-License-Identifier: MIT
#include "net/transfer_loop.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>

#include "net/curl_handle.h"
#include "net/curl_library.h"

namespace stillage::net {
namespace {

/// How often deadlines are looked at while something is at work.
constexpr int kTickMs = 100;
constexpr int kIdleMs = 60'000;
constexpr long kIdleConnections = 64;

}  // namespace

TransferLoop::TransferLoop(HttpClientOptions options)
    : options_(std::move(options)),
      ca_(ca_from_environment([](const char* name) -> const char* { return std::getenv(name); })),
      multi_(make_multi()) {
  curl().multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnections);
  thread_ = std::thread([this] { run(); });
}

TransferLoop::~TransferLoop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  curl().multi_wakeup(multi_);
  thread_.join();
  while (!active_.empty()) drop(active_.begin()->first);
  curl().multi_cleanup(multi_);
}

void TransferLoop::start(std::shared_ptr<Transfer> transfer) {
  send({Verb::start, std::move(transfer)});
}

void TransferLoop::resume(std::shared_ptr<Transfer> transfer) {
  send({Verb::resume, std::move(transfer)});
}

void TransferLoop::cancel(std::shared_ptr<Transfer> transfer) {
  send({Verb::cancel, std::move(transfer)});
}

void TransferLoop::send(Command command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
  }
  curl().multi_wakeup(multi_);
}

void TransferLoop::run() {
  // Signals are the program's, and a write to a closed connection is an error, not a signal.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (true) {
    std::vector<Command> commands;
    {
      const std::lock_guard lock(mutex_);
      if (ending_) return;
      commands.swap(commands_);
    }
    for (Command& command : commands) obey(std::move(command));
    while (!waiting_.empty() && active_.size() < options_.max_active) {
      begin(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    int at_work = 0;
    curl().multi_perform(multi_, &at_work);
    collect_finished();
    end_late_ones();
    if (!waiting_.empty() && active_.size() < options_.max_active) continue;
    curl().multi_poll(multi_, nullptr, 0, active_.empty() ? kIdleMs : kTickMs, nullptr);
  }
}

void TransferLoop::obey(Command command) {
  const std::shared_ptr<Transfer>& transfer = command.transfer;
  switch (command.verb) {
    case Verb::start:
      waiting_.push_back(std::move(command.transfer));
      break;
    case Verb::resume:
      if (!active_.contains(transfer->handle.get())) break;
      transfer->unpause();
      curl().easy_pause(transfer->handle.get(), CURLPAUSE_CONT);
      break;
    case Verb::cancel:
      std::erase(waiting_, transfer);
      drop(transfer->handle.get());
      break;
  }
}

void TransferLoop::begin(std::shared_ptr<Transfer> transfer) {
  if (!set_up(*transfer, options_.tls, ca_)) {
    transfer->finish({CURLE_OUT_OF_MEMORY, "", ""});
    return;
  }
  CURL* const handle = transfer->handle.get();
  transfer->watch.emplace(transfer->deadlines, std::chrono::steady_clock::now());
  active_.emplace(handle, std::move(transfer));
  curl().multi_add_handle(multi_, handle);
}

void TransferLoop::collect_finished() {
  int left = 0;
  while (const CURLMsg* const message = curl().multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const handle = message->easy_handle;
    const CURLcode code = message->data.result;  // `message` is gone after drop
    const auto found = active_.find(handle);
    if (found == active_.end()) continue;
    const std::shared_ptr<Transfer> transfer = found->second;
    drop(handle);
    transfer->finish({code, transfer->error_text, ""});
  }
}

void TransferLoop::end_late_ones() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < std::chrono::milliseconds(kTickMs) / 2) return;
  looked_ = now;
  std::vector<std::pair<std::shared_ptr<Transfer>, std::string>> late;
  for (const auto& [handle, transfer] : active_)
    if (std::string why = transfer->watch->late(now, transfer->progress()); !why.empty())
      late.emplace_back(transfer, std::move(why));
  for (auto& [transfer, why] : late) {
    drop(transfer->handle.get());
    transfer->finish({CURLE_OPERATION_TIMEDOUT, "", std::move(why)});
  }
}

void TransferLoop::drop(CURL* handle) {
  if (active_.erase(handle) != 0) curl().multi_remove_handle(multi_, handle);
}

}  // namespace stillage::net
