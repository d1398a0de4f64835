// SPDX-License-Identifier: MIT
#include "os/process_work.h"

#include <charconv>
#include <string>

#include "base/strings.h"
#include "os/file.h"

namespace stillage::os {
namespace {

/// Timers of a runtime that waits wake it up now and then, and are no work.
constexpr std::uint64_t kLeastTicks = 2;
constexpr std::uint64_t kLeastBytes = 64;
/// Wrappers of a program start it as their child, which seldom nests deeper.
constexpr int kDeepest = 8;
constexpr std::uint64_t kMostText = 1 << 16;

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "name: 12" in a text of such lines.
std::uint64_t field(std::string_view text, std::string_view name) {
  for (const std::string_view line : base::split(text, '\n'))
    if (line.starts_with(name)) return number(base::trim(line.substr(name.size())));
  return 0;
}

/// Its own ticks, and those of its children that have ended.
std::optional<std::uint64_t> ticks_of(const std::string& folder) {
  const auto text = read_file(folder + "/stat", kMostText);
  if (!text) return std::nullopt;
  // The second field, the name in parentheses, may hold anything (proc(5)).
  const std::size_t name_end = text->rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  const auto fields = base::split(std::string_view(*text).substr(name_end + 2), ' ');
  if (fields.size() < 15) return std::nullopt;
  std::uint64_t ticks = 0;
  for (std::size_t i = 11; i < 15; ++i) ticks += number(fields[i]);
  return ticks;
}

bool add_work(const std::string& pid, int depth, ProcessWork& sum) {
  const std::string folder = "/proc/" + pid;
  const auto ticks = ticks_of(folder);
  const auto io = read_file(folder + "/io", kMostText);
  if (!ticks || !io) return false;
  sum.cpu_ticks += *ticks;
  sum.bytes += field(*io, "rchar:") + field(*io, "wchar:");
  if (depth == kDeepest) return true;
  const auto children = read_file(folder + "/task/" + pid + "/children", kMostText);
  if (!children) return true;
  for (const std::string_view child : base::split(*children, ' '))
    if (!child.empty()) (void)add_work(std::string(child), depth + 1, sum);
  return true;
}

std::uint64_t difference(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : b - a;
}

}  // namespace

std::optional<ProcessWork> work_of(pid_t pid) {
  ProcessWork work;
  if (!add_work(std::to_string(pid), 0, work)) return std::nullopt;
  return work;
}

std::chrono::milliseconds IdleWatch::idle(Time now) {
  const auto work = work_of(pid_);
  // The sums fall, too, when a child ends.
  const bool works = !work || difference(work->cpu_ticks, seen_.cpu_ticks) >= kLeastTicks ||
                     difference(work->bytes, seen_.bytes) >= kLeastBytes;
  if (works) {
    seen_ = work.value_or(ProcessWork());
    last_work_ = now;
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - last_work_);
}

}  // namespace stillage::os
