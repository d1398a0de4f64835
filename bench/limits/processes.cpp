// SPDX-License-Identifier: MIT
#include "processes.h"

#include <spawn.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>

extern char** environ;

namespace stillage::bench {
namespace {

pid_t start(char* const* command) {
  pid_t child = 0;
  if (const int error = posix_spawnp(&child, command[0], nullptr, nullptr, command, environ)) {
    die(std::string("can't start ") + command[0] + ": " + std::strerror(error));
  }
  return child;
}

int exit_code(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Figures measure_command(char* const* command) {
  const Clock clock;
  const pid_t child = start(command);
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) < 0) die("the command is lost");
  Figures figures = clock.stop(usage);
  figures.status = exit_code(status);
  return figures;
}

Figures spawn_many(int count, int parallel, char* const* command) {
  rusage self{};
  getrusage(RUSAGE_SELF, &self);
  const Clock clock;
  int worst = 0;
  for (int started = 0, ended = 0; ended < count; ++ended) {
    for (; started < std::min(count, ended + parallel); ++started) start(command);
    int status = 0;
    if (wait(&status) < 0) die("a command is lost");
    worst = std::max(worst, exit_code(status));
  }
  rusage children{};
  getrusage(RUSAGE_CHILDREN, &children);
  rusage usage = own_usage_since(self);
  timeradd(&usage.ru_utime, &children.ru_utime, &usage.ru_utime);
  timeradd(&usage.ru_stime, &children.ru_stime, &usage.ru_stime);
  Figures figures = clock.stop(usage);
  figures.status = worst;
  return figures;
}

}  // namespace stillage::bench
