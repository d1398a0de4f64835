// SPDX-License-Identifier: MIT
#include "git/repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/strings.h"
#include "git/config_file.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::git {
namespace {

constexpr std::uint64_t kMaxPointerSize = 64 * 1024;

/// The one line of a file such as `.git` or `commondir`; "" if there is none.
std::string read_line(const std::string& path) {
  const auto content = os::read_file_if_any(path, kMaxPointerSize);
  if (!content || !*content) return "";
  std::string_view line = **content;
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return std::string(line);
}

/// The repository's folder that `top/.git` is or names; "" if there is none.
std::string find_git_dir(const std::string& top) {
  const std::string dot_git = os::join_path(top, ".git");
  const auto stat = os::stat_path(dot_git, os::Links::follow).value_or(std::nullopt);
  if (!stat) return "";
  if (stat->is_directory()) return os::real_path(dot_git).value_or("");
  if (!stat->is_regular()) return "";
  const std::string line = read_line(dot_git);
  constexpr std::string_view kMark = "gitdir: ";
  if (!line.starts_with(kMark)) return "";
  return os::real_path(os::join_path(top, std::string_view(line).substr(kMark.size()))).value_or("");
}

/// The folders above `start` that the search must not reach.
std::vector<std::string> ceilings_above(const std::string& start) {
  std::vector<std::string> dirs;
  const char* const listed = std::getenv("GIT_CEILING_DIRECTORIES");
  if (listed == nullptr) return dirs;
  for (const std::string_view dir : base::split(listed, ':')) {
    if (!dir.starts_with('/')) continue;
    std::string limit = os::real_path(std::string(dir)).value_or(os::normalise_path(dir));
    if (limit != start && os::path_below(start, limit)) dirs.push_back(std::move(limit));
  }
  return dirs;
}

bool may_cross_file_systems() {
  const char* const value = std::getenv("GIT_DISCOVERY_ACROSS_FILESYSTEM");
  return value != nullptr && config_bool({.name = "", .value = value}).value_or(false);
}

}  // namespace

std::optional<Repository> Repository::open(const std::string& top) {
  Repository repository;
  repository.top_ = top;
  repository.git_dir_ = find_git_dir(top);
  if (repository.git_dir_.empty()) return std::nullopt;
  repository.common_dir_ = repository.git_dir_;
  if (const std::string common = read_line(repository.git_dir_ + "/commondir"); !common.empty())
    repository.common_dir_ = os::real_path(os::join_path(repository.git_dir_, common)).value_or("");

  const auto head = os::stat_path(repository.git_dir_ + "/HEAD").value_or(std::nullopt);
  if (!head || repository.common_dir_.empty() || !os::is_directory(repository.common_dir_ + "/objects") ||
      !os::is_directory(repository.common_dir_ + "/refs"))
    return std::nullopt;

  repository.settings_ = read_settings(repository.git_dir_, repository.common_dir_);
  if (const auto& work_tree = repository.settings_.work_tree) {
    if (os::real_path(os::join_path(repository.git_dir_, *work_tree)).value_or("") != top)
      return std::nullopt;
  } else if (repository.settings_.bare) {
    return std::nullopt;
  }
  return repository;
}

std::optional<Repository> Repository::discover(const std::string& dir) {
  const auto start = os::stat_path(dir).value_or(std::nullopt);
  if (!start) return std::nullopt;
  const std::vector<std::string> limits = ceilings_above(dir);
  const bool cross = may_cross_file_systems();
  std::string at = dir;
  while (true) {
    const std::string dot_git = os::join_path(at, ".git");
    if (os::stat_path(dot_git).value_or(std::nullopt).has_value()) {
      if (auto repository = open(at)) return repository;
      // git goes on above a folder that is no repository, and refuses to work where `.git` leads nowhere, or
      // is that of a bare repository or of another work tree.
      if (!os::is_directory(dot_git)) {
        base::warn_once("git-pointer", fmt::format("{} names no git repository; going on without git",
                                                   base::printable(dot_git)));
        return std::nullopt;
      }
      if (os::exists(dot_git + "/HEAD")) return std::nullopt;
    }
    if (at == "/") return std::nullopt;
    at = os::parent_path(at);
    if (std::find(limits.begin(), limits.end(), at) != limits.end()) return std::nullopt;
    const auto stat = os::stat_path(at).value_or(std::nullopt);
    if (!stat || (!cross && stat->device != start->device)) return std::nullopt;
  }
}

}  // namespace stillage::git
