// SPDX-License-Identifier: MIT
#include "blob/child_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/strings.h"
#include "blob/clock.h"
#include "os/process.h"

namespace stillage::blob {
namespace {

constexpr std::size_t kMostAnswered = 1 << 20;
constexpr std::size_t kMostErrors = 16 << 10;

}  // namespace

net::Outcome<ChildAnswer> ask_child(std::vector<std::string> argv, std::vector<std::string> environment,
                                    std::chrono::milliseconds deadline, const std::stop_token& stop) {
  const std::string name = base::printable(argv.front());
  std::stop_source end;
  const std::stop_callback asked(stop, [&end] { end.request_stop(); });
  std::atomic<bool> is_late = false;
  const std::jthread timer([&](const std::stop_token& done) {
    if (!system_clock().sleep(deadline, done)) return;
    is_late = true;
    end.request_stop();
  });

  ChildAnswer answer;
  bool is_too_long = false;
  const auto output = [&](os::OutputStream stream, std::string_view piece) {
    if (stream == os::OutputStream::err) {
      answer.err += piece.substr(0, kMostErrors - std::min(kMostErrors, answer.err.size()));
    } else if (answer.out.size() + piece.size() > kMostAnswered) {
      is_too_long = true;
      end.request_stop();
    } else {
      answer.out += piece;
    }
  };
  const auto ended = os::run_process({.argv = std::move(argv), .env = std::move(environment), .cwd = "/"},
                                     {.started = {}, .output = output}, end.get_token());
  if (!ended && ended.error().kind != ErrorKind::cancelled)
    return tl::make_unexpected(net::Failure(ended.error()));
  if (stop.stop_requested()) return net::failure(net::FailureKind::cancelled, name + " was stopped");
  if (is_too_long)
    return net::failure(net::FailureKind::protocol, name + " says more than credentials could take");
  if (is_late) {
    net::Failure late(net::FailureKind::transient,
                      fmt::format("{} did not answer within {} s", name, deadline.count() / 1000));
    late.kind = ErrorKind::timeout;
    return tl::make_unexpected(std::move(late));
  }
  answer.exit_code = ended->exit_code;
  return answer;
}

}  // namespace stillage::blob
