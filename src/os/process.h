// SPDX-License-Identifier: MIT
#pragma once
// Child processes: one is started, its output handed on as it comes, and waited for; stopped with all that it
// started when asked to. Spawned without copying page tables, by default as the leader of a process group of
// its own. Any number of threads may run processes at once. A process that has exited while others still hold
// its output open is not waited for longer than kOutputGrace without a byte (kOutputGraceLimit in all).

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "stillage/result.h"

namespace stillage::os {

inline constexpr std::chrono::milliseconds kStopPatience{2500};
inline constexpr std::chrono::milliseconds kOutputGrace{500};
inline constexpr std::chrono::milliseconds kOutputGraceLimit{5000};

enum class OutputStream : std::uint8_t { out, err };

struct ProcessSpec {
  enum class Input : std::uint8_t { none, inherit, file };
  enum class Output : std::uint8_t { pipes, inherit };
  /// `ours`: signals that the terminal sends reach it directly; stopping it reaches the process only.
  enum class Group : std::uint8_t { own, ours };

  /// argv[0] is searched for on the PATH of `env` unless it holds a '/'.
  std::vector<std::string> argv;
  /// The whole environment, as NAME=value.
  std::vector<std::string> env;
  /// Absolute; empty means the caller's.
  std::string cwd = {};
  Input input = Input::none;
  /// With Input::file the descriptor that becomes its standard input, which outlives the run.
  int input_fd = -1;
  Output output = Output::pipes;
  Group group = Group::own;
};

/// A process, distinguished from a later one with the same number by when it started (clock ticks since
/// boot).
struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start_time = 0;
  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};

struct ProcessWatch {
  /// Called once, before anything else.
  std::function<void(ProcessId)> started;
  /// Called with each piece of output in the order of its arrival.
  std::function<void(OutputStream, std::string_view)> output;
  /// Asked several times a second, where it is given: false stops the process, as a request to stop does.
  std::function<bool()> may_go_on = {};
};

struct ProcessEnd {
  /// As a shell would say it: 128 + the signal's number if a signal ended it.
  int exit_code = 0;
  int signal = 0;
  /// It, or what it had left behind, was told to stop.
  bool stopped = false;
  /// When it had exited, processes that it had started were still at work.
  bool left_behind = false;
};

/// Runs a process to its end, calling `watch` on this thread. When `stop` is requested, the group gets
/// SIGTERM and, if any of it is left after kStopPatience, SIGKILL. Errors: the program is missing or can't be
/// started.
Result<ProcessEnd> run_process(const ProcessSpec& spec, const ProcessWatch& watch = {},
                               std::stop_token stop = {});

/// The file that `name` means to a process with this PATH and folder, as execvp(3) would find it.
std::optional<std::string> find_program(std::string_view name, std::string_view path, const std::string& cwd);

/// What the kernel tells of any process; nothing if there is none, or only its exit status is left of it.
struct ProcessInfo {
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  std::uint64_t start_time = 0;
};
std::optional<ProcessInfo> process_info(pid_t pid);

/// This process.
ProcessId own_process_id();

/// Whether any process of the group is still at work.
bool is_group_alive(pid_t group);

/// Sends SIGTERM to the group, and SIGKILL to what is left after kStopPatience; returns when all have ended,
/// or could not be ended within a further second.
void end_group(pid_t group);

}  // namespace stillage::os
