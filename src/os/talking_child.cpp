// SPDX-License-Identifier: MIT
#include "os/talking_child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

#include "os/known_looks.h"
#include "os/spawn_parts.h"
#include "os/witness.h"

namespace stillage::os {
namespace {

/// Both ends above the descriptors that the child gets, so that dup2 in it never meets its own source.
Result<std::array<Fd, 2>> make_channel() {
  std::array<int, 2> ends{};
  // Sockets, not pipes: writing to a child that has gone is then an error instead of a signal.
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return io_error("make", "a socket pair");
  std::array<Fd, 2> channel;
  for (std::size_t i = 0; i < 2; ++i) {
    const Fd low(ends[i]);
    channel[i] = Fd(::fcntl(low.get(), F_DUPFD_CLOEXEC, 10));
    if (!channel[i]) return io_error("duplicate", "a descriptor");
  }
  return channel;
}

}  // namespace

Result<TalkingChild> TalkingChild::start(const Spec& spec) {
  witness_program();
  forget_known_looks();
  STILLAGE_ASSIGN(auto questions, make_channel());
  STILLAGE_ASSIGN(auto answers, make_channel());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, answers[1].get(), kAnswers);
  posix_spawn_file_actions_adddup2(&actions, questions[1].get(), kQuestions);
  if (!spec.dir.empty()) posix_spawn_file_actions_addchdir_np(&actions, spec.dir.c_str());
  TalkingChild child;
  child.longest_answer_ = spec.longest_answer;
  const int error = ::posix_spawnp(&child.pid_, spec.argv.front().c_str(), &actions, nullptr,
                                   pointers_to(spec.argv).data(), pointers_to(spec.environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    child.pid_ = -1;
    return io_error("start", spec.argv.front(), error);
  }
  child.questions_ = std::move(questions[0]);
  child.answers_ = std::move(answers[0]);
  return child;
}

TalkingChild::TalkingChild(TalkingChild&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      questions_(std::move(other.questions_)),
      answers_(std::move(other.answers_)),
      received_(std::move(other.received_)),
      longest_answer_(other.longest_answer_) {}

TalkingChild& TalkingChild::operator=(TalkingChild&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(questions_, other.questions_);
  std::swap(answers_, other.answers_);
  std::swap(received_, other.received_);
  std::swap(longest_answer_, other.longest_answer_);
  return *this;
}

void TalkingChild::kill() const {
  // Nobody has waited for it, so the number is still its own.
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

TalkingChild::~TalkingChild() {
  if (pid_ < 0) return;
  kill();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Status TalkingChild::ask(std::string_view line) {
  std::string message(line);
  message += '\n';
  std::string_view rest = message;
  while (!rest.empty()) {
    const ssize_t sent = ::send(questions_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return io_error("write to", "the child process");
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::string> TalkingChild::answer(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::size_t searched = 0;
  while (true) {
    if (const std::size_t end = received_.find('\n', searched); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    searched = received_.size();
    if (received_.size() > longest_answer_)
      return fail(ErrorKind::invalid,
                  fmt::format("the child process answered with more than {} bytes", longest_answer_));
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd watched{answers_.get(), POLLIN, 0};
    const int ready = left.count() > 0 ? ::poll(&watched, 1, static_cast<int>(left.count())) : 0;
    if (ready == 0)
      return fail(ErrorKind::timeout,
                  fmt::format("no answer from the child process within {} s",
                              std::chrono::duration_cast<std::chrono::seconds>(patience).count()));
    if (ready < 0 && errno == EINTR) continue;
    std::array<char, 65536> buffer;
    const ssize_t got = ::recv(answers_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read from", "the child process");
    if (got == 0) return fail(ErrorKind::io, "the child process ended before it answered");
    received_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace stillage::os
