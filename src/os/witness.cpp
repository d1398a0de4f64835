// SPDX-License-Identifier: MIT
#include "os/witness.h"

#include <fmt/format.h>
#include <limits.h>
#include <unistd.h>

#include "os/path.h"

namespace stillage::os {

namespace detail {
std::atomic<Witness*> witness = nullptr;
}

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
  const std::lock_guard lock(mutex_);
  if (!path.starts_with('/') && here_.empty()) {
    seen_.is_partial = true;
  } else if (!seen_.paths.contains(path)) {
    seen_.paths.insert(join_path(here_, path));
  }
}

void Witness::take_folder(int fd) {
  char path[PATH_MAX];
  const ssize_t length = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), path, sizeof path);
  const std::lock_guard lock(mutex_);
  if (length <= 0 || length == static_cast<ssize_t>(sizeof path) || path[0] != '/')
    seen_.is_partial = true;
  else
    seen_.folders.emplace(path, static_cast<std::size_t>(length));
}

void Witness::take_program() {
  const std::lock_guard lock(mutex_);
  seen_.is_partial = true;
}

}  // namespace stillage::os
