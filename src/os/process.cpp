// SPDX-License-Identifier: MIT
#include "os/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "base/strings.h"
#include "os/fd.h"
#include "os/known_looks.h"
#include "os/path.h"
#include "os/spawn_parts.h"
#include "os/stat.h"
#include "os/witness.h"

namespace stillage::os {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kReadSize = 64 << 10;

/// What a thread reads into. One for each thread, as a new one for each process would have to be cleared
/// first.
std::span<char> read_buffer() {
  static thread_local std::vector<char> buffer(kReadSize);
  return buffer;
}

/// What posix_spawn is told; frees what it holds.
class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  void open_null(int fd) { ::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDONLY, 0); }
  void dup(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  void chdir(const std::string& path) { ::posix_spawn_file_actions_addchdir_np(&actions_, path.c_str()); }

  /// Signals as in a fresh shell, whatever this process does with its own.
  void set_flags(bool own_group) {
    sigset_t none, usual;
    ::sigemptyset(&none);
    ::sigemptyset(&usual);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD}) ::sigaddset(&usual, signal);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &usual);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_,
                               static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                  (own_group ? POSIX_SPAWN_SETPGROUP : 0)));
  }

  int spawn(pid_t& pid, const std::string& program, const std::vector<std::string>& argv,
            const std::vector<std::string>& env) {
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, pointers_to(argv).data(),
                         pointers_to(env).data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::string_view path_of(const std::vector<std::string>& env) {
  for (const std::string& variable : env)
    if (variable.starts_with("PATH=")) return std::string_view(variable).substr(5);
  return "/usr/local/bin:/usr/bin:/bin";
}

Result<pid_t> spawn(const ProcessSpec& spec, const Fd& out, const Fd& err) {
  if (spec.argv.empty() || spec.argv[0].empty())
    return fail(ErrorKind::invalid, "there is no command to run");
  const std::string& name = spec.argv[0];
  const auto program = find_program(name, path_of(spec.env), spec.cwd);
  const auto has_folder = [&] { return spec.cwd.empty() || is_directory(spec.cwd); };
  const auto no_folder = [&] {
    return fail(ErrorKind::io, fmt::format("cannot run {} in {}: there is no such folder",
                                           base::printable(name), base::printable(spec.cwd)));
  };
  if (!program && !has_folder()) return no_folder();
  if (!program)
    return fail(ErrorKind::io, fmt::format("cannot run {}: there is no such program", base::printable(name)));

  SpawnSettings settings;
  if (spec.input == ProcessSpec::Input::none) settings.open_null(0);
  if (spec.input == ProcessSpec::Input::file) settings.dup(spec.input_fd, 0);
  if (out) settings.dup(out.get(), 1);
  if (err) settings.dup(err.get(), 2);
  if (!spec.cwd.empty()) settings.chdir(spec.cwd);
  settings.set_flags(spec.group == ProcessSpec::Group::own);

  pid_t pid = 0;
  int error = settings.spawn(pid, *program, spec.argv, spec.env);
  if (error == ENOEXEC) {
    // A text without a #! line is the shell's to run, as execvp(3) has it.
    std::vector<std::string> argv = spec.argv;
    argv[0] = *program;
    argv.insert(argv.begin(), "sh");
    error = settings.spawn(pid, "/bin/sh", argv, spec.env);
  }
  if (error != 0 && !has_folder()) return no_folder();
  if (error != 0) return io_error("run", *program, error);
  return pid;
}

/// Follows one child until nothing more is to be expected of it.
class Child {
 public:
  Child(pid_t pid, bool own_group, const ProcessWatch& watch, Fd out, Fd err, std::stop_token stop)
      : pid_(pid),
        own_group_(own_group),
        watch_(watch),
        out_(std::move(out)),
        err_(std::move(err)),
        // Old kernels have no pidfd; the loop then looks from time to time.
        pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        on_stop_(std::move(stop), Wake{wake_.get()}) {}

  Result<ProcessEnd> follow() {
    while (true) {
      const Ready ready = wait();
      if (!end_.stopped && ((ready.wake && stop_requested()) || !may_go_on())) stop();
      const bool got_output = drain(ready);
      if (ready.process) STILLAGE_TRY(reap());
      const auto now = Clock::now();
      if (got_output) last_output_ = now;
      if (end_.stopped && !killed_ && now >= kill_at_) kill_now();
      if (exited_ && is_over(now)) return end_;
    }
  }

 private:
  struct Wake {
    int fd;
    void operator()() const { (void)::eventfd_write(fd, 1); }
  };

  bool stop_requested() const {
    eventfd_t count = 0;
    return ::eventfd_read(wake_.get(), &count) == 0;
  }

  bool may_go_on() const { return exited_ || !watch_.may_go_on || watch_.may_go_on(); }

  void send(int signal) const { ::kill(own_group_ ? -pid_ : pid_, signal); }

  void stop() {
    end_.stopped = true;
    kill_at_ = Clock::now() + kStopPatience;
    send(SIGTERM);
  }

  void kill_now() {
    killed_ = true;
    // Once the leader has been waited for, only a group of its own is still surely ours.
    if (own_group_ || !exited_) send(SIGKILL);
  }

  /// What there is something to learn from.
  struct Ready {
    bool out = false, err = false, process = false, wake = false;
  };

  Ready wait() {
    // poll passes over negative numbers.
    std::array<pollfd, 4> fds{{{out_ ? out_.get() : -1, POLLIN, 0},
                               {err_ ? err_.get() : -1, POLLIN, 0},
                               {!exited_ && pidfd_ ? pidfd_.get() : -1, POLLIN, 0},
                               {end_.stopped ? -1 : wake_.get(), POLLIN, 0}}};
    milliseconds timeout{-1};
    if (exited_)
      timeout = milliseconds(10);
    else if (!pidfd_)
      timeout = milliseconds(20);
    else if (end_.stopped)
      timeout = milliseconds(killed_ ? 100 : 50);
    else if (watch_.may_go_on)
      timeout = milliseconds(100);
    if (::poll(fds.data(), fds.size(), static_cast<int>(timeout.count())) < 0) return {};
    return {.out = fds[0].revents != 0,
            .err = fds[1].revents != 0,
            .process = fds[2].revents != 0 || !pidfd_,
            .wake = fds[3].revents != 0};
  }

  bool drain(const Ready& ready) {
    const bool from_out = ready.out && drain(out_, OutputStream::out);
    return (ready.err && drain(err_, OutputStream::err)) || from_out;
  }

  /// One read only, so that neither stream runs ahead of the other by more than that.
  bool drain(Fd& fd, OutputStream stream) {
    const ssize_t got = ::read(fd.get(), buffer_.data(), buffer_.size());
    if (got < 0 && errno == EINTR) return false;
    if (got <= 0) {
      fd.close();
      return false;
    }
    if (watch_.output) watch_.output(stream, {buffer_.data(), static_cast<std::size_t>(got)});
    return true;
  }

  Status reap() {
    if (exited_) return {};
    int status = 0;
    const pid_t pid = ::waitpid(pid_, &status, WNOHANG);
    if (pid == 0 || (pid < 0 && errno == EINTR)) return {};
    if (pid < 0) return io_error("wait for", "a child process");
    exited_ = true;
    exited_at_ = last_output_ = Clock::now();
    end_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end_.exit_code = end_.signal != 0 ? 128 + end_.signal : WEXITSTATUS(status);
    return {};
  }

  /// Decides, after the exit, whether to wait for what others may still write.
  bool is_over(Clock::time_point now) {
    const bool silent = !out_ && !err_;
    if (silent && !(own_group_ && is_group_alive(pid_))) return true;
    if (end_.stopped && own_group_) {
      // Stopping means all of it: stay until the group is gone or was killed.
      if (!is_group_alive(pid_)) return now - last_output_ >= milliseconds(50);
      return killed_ && now >= kill_at_ + milliseconds(1000);
    }
    if (now - last_output_ < kOutputGrace && now - exited_at_ < kOutputGraceLimit) return false;
    end_.left_behind = true;
    return true;
  }

  const pid_t pid_;
  const bool own_group_;
  const ProcessWatch& watch_;
  Fd out_, err_, pidfd_, wake_;
  std::stop_callback<Wake> on_stop_;
  std::span<char> buffer_ = read_buffer();
  ProcessEnd end_;
  bool exited_ = false;
  bool killed_ = false;
  Clock::time_point exited_at_, last_output_, kill_at_;
};

}  // namespace

std::optional<std::string> find_program(std::string_view name, std::string_view path,
                                        const std::string& cwd) {
  const auto is_program = [](const std::string& file) {
    witness_path(file);
    struct stat status;
    return ::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(file.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string_view::npos) {
    const std::string file = join_path(cwd, name);
    return is_program(file) ? std::optional(file) : std::nullopt;
  }
  for (const std::string_view folder : base::split(path, ':')) {
    const std::string file = join_path(join_path(cwd, folder), name);
    if (is_program(file)) return file;
  }
  return std::nullopt;
}

Result<ProcessEnd> run_process(const ProcessSpec& spec, const ProcessWatch& watch, std::stop_token stop) {
  if (stop.stop_requested()) return fail(ErrorKind::cancelled, "stopped before the command was started");
  witness_program();
  forget_known_looks();
  Pipe out, err;
  if (spec.output == ProcessSpec::Output::pipes) {
    STILLAGE_ASSIGN(out, make_pipe());
    STILLAGE_ASSIGN(err, make_pipe());
  }
  STILLAGE_ASSIGN(const pid_t pid, spawn(spec, out.write_end, err.write_end));
  out.write_end.close();
  err.write_end.close();
  if (watch.started) {
    const auto info = process_info(pid);
    watch.started({pid, info ? info->start_time : 0});
  }
  Child child(pid, spec.group == ProcessSpec::Group::own, watch, std::move(out.read_end),
              std::move(err.read_end), std::move(stop));
  return child.follow();
}

}  // namespace stillage::os
