// SPDX-License-Identifier: MIT
#include "cache/writable_folders.h"

#include <unistd.h>

#include <algorithm>

#include "os/at.h"
#include "os/path.h"

namespace stillage::cache {

void WritableFolders::open_up(std::string_view path) {
  if (path.empty() || known_.contains(path)) return;
  open_up(os::parent_path(path));
  known_.emplace(path);
  const bool is_in_outputs = std::any_of(
      outputs_.bases().begin(), outputs_.bases().end(),
      [&](const OutputBase& base) { return !base.path.empty() && os::path_below(path, base.path); });
  if (!is_in_outputs) return;
  const auto stat = folder_.stat(path);
  if (!stat || !*stat || !(*stat)->is_directory()) return;
  const std::uint32_t mode = (*stat)->permissions();
  if ((mode & 0700) == 0700 || (*stat)->uid != ::geteuid()) return;
  const auto fd = folder_.make_folders(path);
  if (fd && os::set_mode(fd->get(), mode | 0700)) opened_.emplace(path);
}

}  // namespace stillage::cache
