// SPDX-License-Identifier: MIT
#include "workspace/patch_folder.h"

#include "base/strings.h"
#include "os/dir.h"
#include "os/path.h"

namespace stillage::workspace {

std::string patched_package(std::string_view file_name) {
  if (!file_name.ends_with(".patch")) return "";
  std::string_view last = file_name;
  if (const std::size_t nested = last.rfind("++"); nested != std::string_view::npos)
    last.remove_prefix(nested + 2);
  const auto parts = base::split(last, '+');
  if (last.starts_with('@'))
    return parts.size() < 3 ? "" : std::string(parts[0]) + "/" + std::string(parts[1]);
  return parts.size() < 2 ? "" : std::string(parts[0]);
}

void append_patch_folder(const std::string& root, const std::string& dir, std::vector<LockPatch>& patches) {
  const std::string folder = os::join_path(dir, "patches");
  const auto entries = os::list_dir(os::join_path(root, folder));
  if (!entries) return;
  for (const auto& entry : *entries)
    if (std::string name = patched_package(entry.name); !name.empty())
      patches.push_back({std::move(name), os::join_path(folder, entry.name)});
}

}  // namespace stillage::workspace
