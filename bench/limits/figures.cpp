// SPDX-License-Identifier: MIT
#include "figures.h"

#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>

namespace stillage::bench {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// CPU seconds of everybody since the machine was started.
double machine_seconds() {
  std::ifstream stat("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, io_wait = 0, interrupts = 0, soft_interrupts = 0;
  stat >> name >> user >> nice >> system >> idle >> io_wait >> interrupts >> soft_interrupts;
  return (user + nice + system + interrupts + soft_interrupts) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

Clock::Clock() : wall_(0), machine_(machine_seconds()) {
  wall_ = now();
}

Figures Clock::stop(const rusage& usage) const {
  const double end = now();
  return {.wall = end - wall_,
          .user = seconds(usage.ru_utime),
          .system = seconds(usage.ru_stime),
          .rss_kb = usage.ru_maxrss,
          .machine = machine_seconds() - machine_,
          .status = 0};
}

void write_figures(const std::string& path, const Figures& figures) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (!file) die("can't write " + path + ": " + std::strerror(errno));
  std::fprintf(file,
               "{\"wall\": %.6f, \"user\": %.6f, \"system\": %.6f, \"rss_kb\": %ld, \"machine\": %.2f, "
               "\"status\": %d}\n",
               figures.wall, figures.user, figures.system, figures.rss_kb, figures.machine, figures.status);
  std::fclose(file);
}

rusage own_usage_since(const rusage& start) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  timersub(&usage.ru_utime, &start.ru_utime, &usage.ru_utime);
  timersub(&usage.ru_stime, &start.ru_stime, &usage.ru_stime);
  usage.ru_maxrss = 0;  // that of the process that was here before says nothing about the work
  return usage;
}

void die(const std::string& what) {
  std::fprintf(stderr, "bench_limits: %s\n", what.c_str());
  std::exit(125);
}

}  // namespace stillage::bench
