// SPDX-License-Identifier: MIT
#pragma once
// What is mounted where, as far as it concerns some folders: the mounts that they lie on, and those beneath
// them. inotify tells nothing of a mount, and nothing of what other machines do.

#include <string>
#include <string_view>
#include <vector>

#include "stillage/result.h"

namespace stillage::watch {

struct Mounts {
  /// What the kernel says of each mount that concerns the folders; another text means another mount.
  std::string described;
  /// Why changes can't be told there: "" if they can.
  std::string obstacle;
};

/// `mountinfo` is the text of /proc/self/mountinfo, `folders` are absolute.
Mounts mounts_of(std::string_view mountinfo, const std::vector<std::string>& folders);

/// The same of this process.
Result<Mounts> read_mounts(const std::vector<std::string>& folders);

/// The mount namespace of this process: in another one the same path may mean another folder.
std::string mount_namespace();

}  // namespace stillage::watch
