// SPDX-License-Identifier: MIT
#include "support/temp_dir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "support/must.h"

namespace stillage::test {
namespace {

std::string test_root() {
  if (const char* const chosen = std::getenv("STILLAGE_TEST_DIR"); chosen != nullptr && *chosen != '\0') {
    must(os::make_dirs(chosen));
    return chosen;
  }
  struct statvfs shm;
  if (::statvfs("/dev/shm", &shm) == 0 && shm.f_bavail * shm.f_frsize >= (2ULL << 30)) return "/dev/shm";
  const char* const tmp = std::getenv("TMPDIR");
  return tmp != nullptr && *tmp != '\0' ? tmp : "/tmp";
}

}  // namespace

TempDir::TempDir() {
  std::string pattern = test_root() + "/stillage-test-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) {
    std::perror(pattern.c_str());
    std::abort();
  }
  path_ = must(os::real_path(pattern));
}

TempDir::~TempDir() {
  (void)os::remove_tree(path_);
}

void TempDir::write(std::string_view name, std::string_view content, unsigned mode) const {
  const std::string path = *this / name;
  must(os::make_dirs(std::string(os::parent_path(path))));
  const os::Fd file = must(os::open_path(path, O_WRONLY | O_CREAT | O_TRUNC, mode));
  must(os::write_all(file.get(), content, path));
  if (::fchmod(file.get(), mode) != 0) std::abort();
}

std::string TempDir::read(std::string_view name) const {
  return must(os::read_file(*this / name));
}

void TempDir::symlink(std::string_view name, std::string_view text) const {
  const std::string path = *this / name;
  must(os::make_dirs(std::string(os::parent_path(path))));
  if (::symlink(std::string(text).c_str(), path.c_str()) != 0) {
    std::perror(path.c_str());
    std::abort();
  }
}

void TempDir::make_dir(std::string_view name) const {
  must(os::make_dirs(*this / name));
}

bool TempDir::exists(std::string_view name) const {
  return must(os::stat_path(*this / name)).has_value();
}

void let_times_settle() {
  std::this_thread::sleep_for(std::chrono::milliseconds(40));
}

}  // namespace stillage::test
