// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#ifdef __GLIBC__
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "base/stages.h"
#include "commands.h"

namespace stillage::cli {
namespace {

Result<int> perform(const Command& command) {
  struct {
    Result<int> operator()(const RunCommand& c) const { return run(c); }
    Result<int> operator()(const ExecCommand& c) const { return exec(c); }
    Result<int> operator()(const BackfillCommand& c) const { return backfill(c); }
    Result<int> operator()(const HashCommand& c) const { return hash(c); }
    Result<int> operator()(const WhyCommand& c) const { return why(c); }
    Result<int> operator()(const CacheCommand& c) const { return cache(c); }
    Result<int> operator()(const EvictCommand& c) const { return evict(c); }
    Result<int> operator()(const DoctorCommand& c) const { return doctor(c); }
    Result<int> operator()(const KeysCommand& c) const { return keys(c); }
    Result<int> operator()(const WatchServiceCommand& c) const { return watch_service(c); }
    Result<int> operator()(const InitCommand& c) const { return init(c); }
    Result<int> operator()(const CompletionCommand& c) const { return completion(c); }
    Result<int> operator()(const PrintCommand& c) const {
      fmt::print("{}", c.text);
      return c.exit_code;
    }
  } visitor;
  return std::visit(visitor, command);
}

Result<int> parse_and_perform(std::vector<std::string> arguments) {
  STILLAGE_ASSIGN(const CommandLine line, parse_command_line(std::move(arguments)));
  if (!line.compat.empty()) ::setenv("STILLAGE_COMPAT", line.compat.c_str(), 1);
  return perform(line.command);
}

/// A run makes many small things in a few threads and ends. One heap that grows in large steps, on large
/// pages, costs it thousands of system calls and page faults less than one heap for each thread that grows by
/// pages.
void use_one_heap() {
#ifdef __GLIBC__
  constexpr std::size_t kStep = 32 << 20;
  constexpr std::size_t kLargePage = 2 << 20;
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_TOP_PAD, kStep);
  ::mallopt(M_TRIM_THRESHOLD, 2 * kStep);
  ::mallopt(M_MMAP_THRESHOLD, 8 << 20);
  void* volatile first = std::malloc(kLargePage);  // volatile: else the compiler leaves it out
  std::free(first);
  const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0));
  const std::uintptr_t start = (end - kStep + kLargePage - 1) / kLargePage * kLargePage;
  // Where the kernel has none, all is as before.
  (void)::madvise(reinterpret_cast<void*>(start), end - start, MADV_HUGEPAGE);
#endif
}

}  // namespace
}  // namespace stillage::cli

int main(int argc, char** argv) {
  stillage::base::mark_process_start();
  stillage::cli::use_one_heap();
  try {
    const auto done = stillage::cli::parse_and_perform(std::vector<std::string>(argv, argv + argc));
    if (done) return *done;
    fmt::print(stderr, "error: {}\n", done.error().message);
  } catch (const std::exception& error) {  // out of memory, and the like
    fmt::print(stderr, "error: {}\n", error.what());
  }
  return 1;
}
