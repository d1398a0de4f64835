// SPDX-License-Identifier: MIT
#include "workspace/root.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "workspace/package_json.h"

namespace stillage::workspace {
namespace {

struct Marker {
  const char* file;
  PackageManager manager;
};

/// In the order in which one folder is searched.
constexpr std::array kMarkers{
    Marker{"lerna.json", PackageManager::lerna},      Marker{"rush.json", PackageManager::rush},
    Marker{"yarn.lock", PackageManager::yarn},        Marker{"pnpm-workspace.yaml", PackageManager::pnpm},
    Marker{"bun.lock", PackageManager::bun},          Marker{"bun.lockb", PackageManager::bun},
    Marker{"package-lock.json", PackageManager::npm},
};

Result<std::optional<PackageManager>> parse_preferred(const std::string& word) {
  if (word.empty()) return std::optional<PackageManager>();
  for (const auto& marker : kMarkers)
    if (word == to_string(marker.manager)) return std::optional(marker.manager);
  return fail(ErrorKind::invalid,
              fmt::format("PREFERRED_WORKSPACE_MANAGER is \"{}\": use lerna, rush, yarn, pnpm, bun or npm",
                          base::printable(word)));
}

std::optional<PackageManager> marked_manager(const std::string& dir,
                                             std::optional<PackageManager> preferred) {
  for (const auto& marker : kMarkers)
    if ((!preferred || *preferred == marker.manager) && os::exists(os::join_path(dir, marker.file)))
      return marker.manager;
  return std::nullopt;
}

/// The first bytes of a file, enough for what a lock file says at its top.
std::string head_of(const std::string& path) {
  const auto file = os::open_path(path, O_RDONLY | O_NONBLOCK);
  if (!file) return "";
  std::array<char, 1024> buffer;
  const ssize_t got = ::read(file->get(), buffer.data(), buffer.size());
  return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : "";
}

std::string first_existing(const std::string& root, std::initializer_list<const char*> files) {
  for (const char* const file : files)
    if (os::exists(os::join_path(root, file))) return file;
  return "";
}

/// Lock files that may also lie in a package of a workspace, so that they don't mark a root by themselves.
PackageManager manager_by_weak_marker(const std::string& dir) {
  if (os::exists(os::join_path(dir, "pnpm-lock.yaml"))) return PackageManager::pnpm;
  if (os::exists(os::join_path(dir, "npm-shrinkwrap.json"))) return PackageManager::npm;
  return PackageManager::none;
}

/// Without any marker: the nearest package.json with workspaces, else the nearest one.
Result<Root> root_by_package_json(const std::string& start_dir) {
  std::string nearest;
  for (std::string_view dir = start_dir; dir != "/" && !dir.empty(); dir = os::parent_path(dir)) {
    const std::string path = os::join_path(dir, "package.json");
    if (!os::exists(path)) continue;
    if (nearest.empty()) nearest = dir;
    const auto file = read_package_json(path, path);
    // A damaged file further up is none of ours; the nearest one is read again, and reported, by the caller.
    if (file && *file && (*file)->workspaces)
      return Root{std::string(dir), manager_by_weak_marker(std::string(dir))};
  }
  if (nearest.empty())
    return fail(
        ErrorKind::invalid,
        fmt::format("no package.json in {} or above it: run this inside a JavaScript project", start_dir));
  return Root{nearest, manager_by_weak_marker(nearest)};
}

}  // namespace

const char* to_string(PackageManager manager) {
  switch (manager) {
    case PackageManager::npm:
      return "npm";
    case PackageManager::yarn:
      return "yarn";
    case PackageManager::berry:
      return "berry";
    case PackageManager::pnpm:
      return "pnpm";
    case PackageManager::rush:
      return "rush";
    case PackageManager::lerna:
      return "lerna";
    case PackageManager::bun:
      return "bun";
    case PackageManager::none:
      return "none";
  }
  return "none";
}

Result<Root> find_root(const std::string& start_dir, const std::string& preferred) {
  STILLAGE_ASSIGN(const auto only, parse_preferred(preferred));
  for (std::string_view dir = start_dir; dir != "/" && !dir.empty(); dir = os::parent_path(dir))
    if (const auto manager = marked_manager(std::string(dir), only)) return Root{std::string(dir), *manager};
  return root_by_package_json(start_dir);
}

bool is_berry(const std::string& root, const std::string& package_manager_field) {
  if (package_manager_field.starts_with("yarn@"))
    return !package_manager_field.starts_with("yarn@0.") && !package_manager_field.starts_with("yarn@1.");
  const std::string lock = head_of(os::join_path(root, "yarn.lock"));
  if (lock.find("__metadata:") != std::string::npos) return true;
  return lock.find("# yarn lockfile v1") == std::string::npos &&
         os::exists(os::join_path(root, ".yarnrc.yml"));
}

std::string find_lock_file(const std::string& root, PackageManager manager, const std::string& client) {
  const auto of_client = [&](const std::string& name) -> std::string {
    if (name == "npm") return first_existing(root, {"npm-shrinkwrap.json", "package-lock.json"});
    if (name == "yarn") return first_existing(root, {"yarn.lock"});
    if (name == "pnpm") return first_existing(root, {"pnpm-lock.yaml"});
    return "";
  };
  switch (manager) {
    case PackageManager::rush:
      return first_existing(
          root, {"common/config/rush/pnpm-lock.yaml", "common/config/rush/yarn.lock",
                 "common/config/rush/npm-shrinkwrap.json", "common/config/subspaces/default/pnpm-lock.yaml"});
    case PackageManager::bun:
      return first_existing(root, {"bun.lock", "bun.lockb"});
    default:
      break;
  }
  const std::string own = of_client(client);
  if (!own.empty()) return own;
  return first_existing(root, {"npm-shrinkwrap.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml",
                               "bun.lock", "bun.lockb"});
}

}  // namespace stillage::workspace
