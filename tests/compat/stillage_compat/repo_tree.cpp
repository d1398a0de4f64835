// SPDX-License-Identifier: MIT
#include "repo_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "hasher/file_manifest.h"
#include "os/command.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/path.h"
#include "vector_file.h"

namespace stillage::compat {
namespace {

using base::Json;

/// What the times in vectors count from, in seconds.
constexpr std::int64_t kBaseTime = 1'600'000'000;

Status set_time(const std::string& path, double seconds, int flags) {
  const double whole = std::floor(seconds);
  const timespec time{static_cast<time_t>(kBaseTime + static_cast<std::int64_t>(whole)),
                      std::lround((seconds - whole) * 1e9)};
  const timespec times[2] = {time, time};
  if (::utimensat(AT_FDCWD, path.c_str(), times, flags) != 0) return os::io_error("set the time of", path);
  return {};
}

Status set_mode(const std::string& path, const Json& mode) {
  const auto bits = mode.is_string() ? std::strtoul(mode.get<std::string>().c_str(), nullptr, 8)
                                     : mode.get<unsigned long>();
  if (::chmod(path.c_str(), static_cast<mode_t>(bits)) != 0) return os::io_error("change the mode of", path);
  return {};
}

}  // namespace

Result<std::unique_ptr<RepoTree>> RepoTree::make(const Json& description) {
  auto tree = std::make_unique<RepoTree>();
  tree->root_ = tree->dir_.path();
  if (description.contains("root")) tree->root_ += '/' + text_of(description["root"]);
  STILLAGE_TRY(tree->write_files(description.at("files")));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree->top()))
    STILLAGE_TRY(set_time(entry.path(), 0, AT_SYMLINK_NOFOLLOW));
  STILLAGE_TRY(set_time(tree->top(), 0, 0));
  STILLAGE_TRY(tree->commit(description.value("git", Json(Json::object()))));
  return tree;
}

Status RepoTree::write_files(const Json& files) const {
  for (const Json& file : files) {
    const std::string path = text_of(file.at("path"));
    if (file.contains("symlink")) {
      dir_.symlink(path, text_of(file["symlink"]));
      continue;
    }
    STILLAGE_ASSIGN(const std::string content, content_of(file));
    dir_.write(path, content);
    if (file.contains("mode")) STILLAGE_TRY(set_mode(dir_ / path, file["mode"]));
  }
  return {};
}

Status RepoTree::commit(const Json& git) const {
  if (git.contains("init") && !git["init"].get<bool>()) return {};
  STILLAGE_TRY(run_git({"init", "-q", "-b", "main"}));
  if (git.contains("config"))
    for (const auto& [key, value] : git["config"].items())
      STILLAGE_TRY(run_git({"config", key, value.is_string() ? text_of(value) : base::to_text(value)}));
  if (git.contains("commit") && !git["commit"].get<bool>()) return {};
  STILLAGE_TRY(run_git({"add", "-A"}));
  return run_git({"commit", "-q", "--allow-empty", "-m", "first"});
}

Status RepoTree::run_git(const std::vector<std::string>& arguments) const {
  os::Command command{.argv = {"git"}, .dir = top(), .env = os::environment()};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  STILLAGE_ASSIGN(const os::CommandOutput output, os::run_command(command));
  if (output.exit_code != 0)
    return fail(ErrorKind::io, fmt::format("git {}: {}", base::join(arguments, " "), output.err));
  return {};
}

Status RepoTree::apply(const Json& operation) const {
  const std::string kind = operation.at("op").get<std::string>();
  if (kind == "git") return run_git(texts_of(operation.at("args")));
  const std::string manifest = hasher::FileManifest::path_in(root_);
  if (kind == "removeManifest") return os::remove_tree(manifest);
  if (kind == "truncateManifest") {
    if (::truncate(manifest.c_str(), operation.at("bytes").get<off_t>()) != 0)
      return os::io_error("truncate", manifest);
    return {};
  }
  const std::string path = text_of(operation.at("path"));
  const std::string full = dir_ / path;
  if (kind == "write") {
    STILLAGE_ASSIGN(const std::string content, content_of(operation));
    dir_.write(path, content);
    return operation.contains("mtime") ? set_time(full, operation["mtime"].get<double>(), 0) : Status();
  }
  if (kind == "mkdir") return os::make_dirs(full);
  if (kind == "delete") return os::remove_tree(full);
  if (kind == "mtime") return set_time(full, operation.at("mtime").get<double>(), 0);
  if (kind == "chmod") return set_mode(full, operation.at("mode"));
  const std::string to = text_of(operation.at("to"));
  if (kind == "symlink") {
    dir_.symlink(path, to);
    return {};
  }
  if (kind == "rename") {
    STILLAGE_TRY(os::make_dirs(std::string(os::parent_path(dir_ / to))));
    if (std::rename(full.c_str(), (dir_ / to).c_str()) != 0) return os::io_error("rename", full);
    return {};
  }
  return fail(ErrorKind::unsupported, "an operation that this version does not know: " + kind);
}

}  // namespace stillage::compat
