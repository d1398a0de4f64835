// SPDX-License-Identifier: MIT
#include "workspace/compat_lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "workspace/compat_formats.h"

namespace stillage::workspace {
namespace {

constexpr std::uint64_t kLargestCompatLock = 512U << 20;

std::string key_of(const DependencyRange& dependency) {
  return fmt::format("{}@{}", dependency.name, dependency.range);
}

/// The first of `names` in the nearest folder upwards that has one, or "".
std::string find_upwards(std::string_view from, const std::vector<std::string>& names) {
  for (std::string_view dir = from;; dir = os::parent_path(dir)) {
    for (const auto& name : names)
      if (std::string path = os::join_path(dir, name); os::exists(path)) return path;
    if (dir.empty() || dir == "/") return "";
  }
}

}  // namespace

Result<CompatLock> CompatLock::find(const std::string& root) {
  std::string path;
  for (const std::string name : {"yarn.lock", "pnpm-lock.yaml"})
    if (path.empty()) path = find_upwards(root, {name, "common/config/rush/" + name});
  if (path.empty()) path = find_upwards(root, {"package-lock.json"});
  if (path.empty())
    return fail(
        ErrorKind::invalid,
        fmt::format("no yarn.lock, pnpm-lock.yaml or package-lock.json in {} or above it: install with yarn, "
                    "pnpm or npm first",
                    root));
  STILLAGE_ASSIGN(const std::string text, os::read_file(path, kLargestCompatLock));
  return parse(path, text);
}

Result<CompatLock> CompatLock::parse(std::string_view file_name, std::string_view text) {
  CompatLock lock;
  const std::string origin(file_name);
  const std::string_view name = os::file_name(file_name);
  if (name == "package-lock.json") {
    STILLAGE_TRY(read_compat_npm(text, origin, lock.entries_));
  } else if (name == "pnpm-lock.yaml") {
    STILLAGE_TRY(read_compat_pnpm(text, origin, lock.entries_));
  } else if (text.empty() || text.find("__metadata") != std::string_view::npos) {
    STILLAGE_TRY(read_compat_berry(text, origin, lock.entries_));
  } else {
    STILLAGE_TRY(read_compat_yarn(text, origin, lock.entries_));
  }
  return lock;
}

std::vector<std::string> CompatLock::resolve(const std::vector<DependencyRange>& external) const {
  std::vector<std::string> resolved;
  base::StringSet emitted;
  base::StringSet queued;
  std::vector<DependencyRange> queue;
  const auto add = [&](const DependencyRange& dependency) {
    if (queued.insert(key_of(dependency)).second) queue.push_back(dependency);
  };
  for (const auto& dependency : external) add(dependency);
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const auto found = entries_.find(key_of(queue[i]));
    std::string text = found == entries_.end() ? key_of(queue[i])
                                               : fmt::format("{}@{}", queue[i].name, found->second.version);
    if (emitted.insert(text).second) resolved.push_back(std::move(text));
    if (found != entries_.end())
      for (const auto& dependency : found->second.dependencies) add(dependency);
  }
  return resolved;
}

bool is_object_member(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kMembers{
      "constructor",      "__defineGetter__", "__defineSetter__", "hasOwnProperty",
      "__lookupGetter__", "__lookupSetter__", "isPrototypeOf",    "propertyIsEnumerable",
      "toString",         "valueOf",          "__proto__",        "toLocaleString"};
  return std::find(kMembers.begin(), kMembers.end(), name) != kMembers.end();
}

bool compat_is_internal(const Workspace& workspace, std::string_view name) {
  return workspace.index_of(name).has_value() || is_object_member(name);
}

}  // namespace stillage::workspace
