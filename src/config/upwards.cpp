// SPDX-License-Identifier: MIT
#include "config/upwards.h"

#include "os/path.h"
#include "os/stat.h"

namespace stillage::config {
namespace {

/// `dir`, its parent, and so on up to "/".
std::vector<std::string> folders_upwards(const std::string& dir) {
  std::vector<std::string> folders = {dir};
  while (folders.back() != "/" && !folders.back().empty())
    folders.emplace_back(os::parent_path(folders.back()));
  return folders;
}

bool is_file(const std::string& path) {
  const auto stat = os::stat_path(path, os::Links::follow);
  return stat && *stat && (*stat)->is_regular();
}

}  // namespace

std::vector<std::string> find_all_upwards(const std::string& dir, const std::string& name) {
  std::vector<std::string> found;
  for (const std::string& folder : folders_upwards(dir))
    if (std::string path = os::join_path(folder, name); is_file(path)) found.push_back(std::move(path));
  return found;
}

std::optional<std::string> find_upwards(const std::string& dir, const std::string& name) {
  for (const std::string& folder : folders_upwards(dir))
    if (std::string path = os::join_path(folder, name); is_file(path)) return path;
  return std::nullopt;
}

}  // namespace stillage::config
