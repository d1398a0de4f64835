// SPDX-License-Identifier: MIT
#include "os/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "os/fd.h"
#include "os/spawn_parts.h"
#include "os/witness.h"

namespace stillage::os {
namespace {

constexpr std::size_t kMaxErrorText = 64 * 1024;

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

/// Signals as a fresh program expects them, whatever this process blocks or ignores.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t defaults;
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

/// Reads both pipes until their writers are gone. False if there was more on `out` than allowed.
bool drain(Pipe& out, Pipe& err, std::uint64_t max_output, CommandOutput& result) {
  std::array<char, 64 * 1024> buffer;
  bool fits = true;
  while (out.read_end || err.read_end) {
    std::array<pollfd, 2> waits{{{out.read_end.get(), POLLIN, 0}, {err.read_end.get(), POLLIN, 0}}};
    if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) return false;
    for (std::size_t i = 0; i < waits.size(); ++i) {
      if (waits[i].revents == 0) continue;
      Fd& end = i == 0 ? out.read_end : err.read_end;
      const ssize_t got = ::read(end.get(), buffer.data(), buffer.size());
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got <= 0) {
        end.close();
        continue;
      }
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
      if (i == 1) {
        result.err.append(bytes.substr(0, kMaxErrorText - result.err.size()));
      } else if (result.out.size() + bytes.size() > max_output) {
        fits = false;
        end.close();  // the program meets a closed pipe and ends
      } else {
        result.out.append(bytes);
      }
    }
  }
  return fits;
}

}  // namespace

Result<CommandOutput> run_command(const Command& command) {
  witness_program();
  STILLAGE_ASSIGN(Pipe out, make_pipe());
  STILLAGE_ASSIGN(Pipe err, make_pipe());
  FileActions actions;
  ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(actions.get(), out.write_end.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(actions.get(), err.write_end.get(), STDERR_FILENO);
  if (!command.dir.empty()) ::posix_spawn_file_actions_addchdir_np(actions.get(), command.dir.c_str());

  SpawnAttributes attributes;
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, command.argv.front().c_str(), actions.get(), attributes.get(),
                                    pointers_to(command.argv).data(), pointers_to(command.env).data());
  if (failed != 0) return io_error("start", command.argv.front(), failed);
  out.write_end.close();
  err.write_end.close();

  CommandOutput result;
  const bool fits = drain(out, err, command.max_output, result);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return io_error("wait for", command.argv.front());
  }
  if (!fits) {
    return fail(ErrorKind::invalid,
                fmt::format("{} printed more than {} bytes", command.argv.front(), command.max_output));
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  return variables;
}

}  // namespace stillage::os
