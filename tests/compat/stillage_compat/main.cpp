// SPDX-License-Identifier: MIT
// stillage-compat DIR: replays a folder of golden vectors (tests/compat/vectors/README.md) that the original
// tools made, all kinds that it finds there. Prints each failing case with what was expected and what we got,
// then "N passed, N failed"; ends with 1 if any failed or nothing was found, with 2 if a file is unreadable.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <exception>

#include "base/log.h"
#include "kinds.h"
#include "os/file.h"
#include "os/stat.h"

namespace stillage::compat {
namespace {

Status replay(const std::string& folder, Tally& tally) {
  if (!os::is_directory(folder)) return fail(ErrorKind::invalid, folder + " is not a folder");
  for (const auto kind : {replay_hash_strings, replay_collation, replay_file_hash, replay_glob, replay_locks})
    STILLAGE_TRY(kind(folder, tally));
  if (os::is_directory(folder + "/azure")) fmt::print("azure: this version replays no azure vectors\n");
  return {};
}

int run(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: stillage-compat DIR\n");
    return 2;
  }
  Tally tally;
  const Status status = replay(argv[1], tally);
  if (!status) {
    fmt::print(stderr, "stillage-compat: {}\n", status.error().message);
    return 2;
  }
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
