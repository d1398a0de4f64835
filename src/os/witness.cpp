// SPDX-License-Identifier: MIT
#include "os/witness.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <unistd.h>

#include "os/path.h"

namespace stillage::os {

namespace detail {
std::atomic<Witness*> witness = nullptr;
}

namespace {

/// By which the system knows an open folder; "" if it does not.
std::string path_of_folder(int fd) {
  char path[PATH_MAX];
  const ssize_t length = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), path, sizeof path);
  if (length <= 0 || length == static_cast<ssize_t>(sizeof path) || path[0] != '/') return "";
  return {path, static_cast<std::size_t>(length)};
}

}  // namespace

Witness::Witness() {
  char here[PATH_MAX];
  if (::getcwd(here, sizeof here) != nullptr) here_ = here;
  detail::witness.store(this, std::memory_order_release);
}

Witness::~Witness() {
  (void)finish();
}

Witnessed Witness::finish() {
  Witness* self = this;
  detail::witness.compare_exchange_strong(self, nullptr);
  const std::lock_guard lock(mutex_);
  return std::move(seen_);
}

void Witness::take_path(std::string_view path) {
  // What the kernel says of processes, this one among them, is no file that an answer could stand on.
  if (path.starts_with("/proc/")) return;
  const std::lock_guard lock(mutex_);
  if (!path.starts_with('/') && here_.empty()) {
    seen_.is_partial = true;
  } else if (!seen_.paths.contains(path)) {
    seen_.paths.insert(join_path(here_, path));
  }
}

void Witness::take_path_at(int dir, std::string_view path) {
  if (dir == AT_FDCWD || path.starts_with('/')) return take_path(path);
  if (path.find('/') == std::string_view::npos) return;
  const std::string folder = path_of_folder(dir);
  if (!folder.empty()) return take_path(join_path(folder, path));
  const std::lock_guard lock(mutex_);
  seen_.is_partial = true;
}

void Witness::take_folder(int fd) {
  const std::string path = path_of_folder(fd);
  const std::lock_guard lock(mutex_);
  if (path.empty())
    seen_.is_partial = true;
  else
    seen_.folders.insert(path);
}

void Witness::take_program() {
  const std::lock_guard lock(mutex_);
  seen_.is_partial = true;
}

}  // namespace stillage::os
