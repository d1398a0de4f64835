// SPDX-License-Identifier: MIT
// stillage-compat DIR: replays a folder of golden vectors (tests/compat/vectors/README.md) that the original
// tools made, all kinds that it finds there. Prints each failing case with what was expected and what we got,
// then "N passed, N failed"; ends with 1 if any failed, with 2 if a file is unreadable.
#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "kinds.h"
#include "os/file.h"
#include "os/stat.h"
#include "phase_process.h"

namespace stillage::compat {
namespace {

Status replay(const std::string& named, Tally& tally) {
  STILLAGE_ASSIGN(const std::string folder, os::real_path(named));
  if (!os::is_directory(folder)) return fail(ErrorKind::invalid, folder + " is not a folder");
  for (const auto kind : {replay_hash_strings, replay_collation, replay_file_hash, replay_glob, replay_locks,
                          replay_repos, replay_backfill, replay_azure})
    STILLAGE_TRY(kind(folder, tally));
  return {};
}

/// All as it was when the vectors were made: the umask; git without anybody's configuration, and with the one
/// who commits and the time of it, which a submodule's commit id is made of.
void set_environment() {
  for (const char* const name :
       {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
        "GIT_CEILING_DIRECTORIES", "PREFERRED_WORKSPACE_MANAGER"})
    ::unsetenv(name);
  ::umask(022);
  ::setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
  ::setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
  for (const char* const who : {"AUTHOR", "COMMITTER"}) {
    ::setenv(fmt::format("GIT_{}_NAME", who).c_str(), "v", 1);
    ::setenv(fmt::format("GIT_{}_EMAIL", who).c_str(), "v@example.com", 1);
    ::setenv(fmt::format("GIT_{}_DATE", who).c_str(), "1577836800 +0000", 1);
  }
}

int answer(const Status& status) {
  if (status) return 0;
  fmt::print(stderr, "stillage-compat: {}\n", status.error().message);
  return 2;
}

int run(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == "--phase")
    return answer(answer_phase({arguments.begin() + 1, arguments.end()}));
  if (arguments.size() != 1) {
    fmt::print(stderr, "usage: stillage-compat DIR\n");
    return 2;
  }
  set_environment();
  Tally tally;
  if (const Status status = replay(arguments[0], tally); !status) return answer(status);
  tally.print_sum();
  return tally.failed() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace stillage::compat

int main(int argc, char** argv) {
  try {
    return stillage::compat::run(argc, argv);
  } catch (const std::exception& error) {  // of nlohmann: a vector file of another shape
    fmt::print(stderr, "stillage-compat: {}\n", error.what());
    return 2;
  }
}
