// SPDX-License-Identifier: MIT
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <thread>

#include "base/strings.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/process.h"

namespace stillage::os {
namespace {

template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<ProcessInfo> process_info(pid_t pid) {
  // See proc(5). The second field, the name in parentheses, may hold anything, so counting starts after it.
  const auto text = read_file("/proc/" + std::to_string(pid) + "/stat", 1 << 16);
  if (!text) return std::nullopt;
  const std::size_t name_end = text->rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  const auto fields = base::split(std::string_view(*text).substr(name_end + 2), ' ');
  ProcessInfo info;
  if (fields.size() < 20 || fields[0] == "Z" || fields[0] == "X") return std::nullopt;
  if (!parse(fields[1], info.parent) || !parse(fields[2], info.group) || !parse(fields[3], info.session) ||
      !parse(fields[19], info.start_time))
    return std::nullopt;
  return info;
}

ProcessId own_process_id() {
  const auto info = process_info(::getpid());
  return {::getpid(), info ? info->start_time : 0};
}

bool is_group_alive(pid_t group) {
  if (::kill(-group, 0) != 0 && errno == ESRCH) return false;
  // The signal reaches ended processes too that nobody has waited for, which is usual where the first process
  // of a container is not a real init.
  const auto processes = list_dir("/proc");
  if (!processes) return true;
  for (const DirEntry& entry : *processes) {
    pid_t pid = 0;
    if (!parse(entry.name, pid)) continue;
    const auto info = process_info(pid);
    if (info && info->group == group) return true;
  }
  return false;
}

void end_group(pid_t group) {
  using std::chrono::steady_clock;
  const auto wait = [&](std::chrono::milliseconds patience) {
    const auto deadline = steady_clock::now() + patience;
    while (is_group_alive(group)) {
      if (steady_clock::now() >= deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  };
  ::kill(-group, SIGTERM);
  if (wait(kStopPatience)) return;
  ::kill(-group, SIGKILL);
  (void)wait(std::chrono::seconds(1));
}

}  // namespace stillage::os
