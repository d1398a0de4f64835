// SPDX-License-Identifier: MIT
#include "git/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/log.h"
#include "base/strings.h"
#include "git/config_file.h"
#include "git/git_command.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::git {
namespace {

constexpr std::uint64_t kMaxConfigSize = 4 << 20;
constexpr int kMaxIncludeDepth = 10;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_set(const char* name) {
  return std::getenv(name) != nullptr;
}

bool is_true(const char* name) {
  return is_set(name) && config_bool({.name = name, .value = variable(name)}).value_or(false);
}

/// The user's folder for git's files; "" if nobody knows a home folder.
std::string xdg_git_dir(const std::string& home) {
  if (const std::string chosen = variable("XDG_CONFIG_HOME"); !chosen.empty()) return chosen + "/git";
  return home.empty() ? "" : home + "/.config/git";
}

/// The folders of system-wide files: /etc, and `<prefix>/etc` for a git in `<prefix>/bin` that is not the
/// system's.
std::vector<std::string> system_dirs() {
  std::vector<std::string> dirs{"/etc"};
  const std::string path = variable("PATH");
  for (const std::string_view dir : base::split(path, ':')) {
    if (!dir.starts_with('/') || !os::exists(std::string(dir) + "/git")) continue;
    const std::string prefix(os::parent_path(os::normalise_path(dir)));
    if (prefix != "/usr" && prefix != "/") dirs.push_back(prefix + "/etc");
    break;
  }
  return dirs;
}

/// Reads configuration files one over the other.
class Reader {
 public:
  explicit Reader(std::string home) : home_(std::move(home)) {}

  void add_file(const std::string& path, int depth = 0) {
    const auto content = os::read_file_if_any(path, kMaxConfigSize);
    if (content && !*content) return;
    auto parsed = content ? parse_config(**content, path) : fail(ErrorKind::io, content.error().message);
    if (!parsed) {
      needs_git = true;
      return;
    }
    for (ConfigVariable& found : *parsed) {
      if (found.name.starts_with("includeif.")) needs_git = true;
      if (found.name == "include.path" && found.value) include(*found.value, path, depth);
      variables.push_back(std::move(found));
    }
  }

  std::vector<ConfigVariable> variables;
  bool needs_git = false;

 private:
  void include(const std::string& value, const std::string& from, int depth) {
    const auto path = config_path(value, home_);
    if (!path || depth + 1 >= kMaxIncludeDepth) {
      needs_git = true;
      return;
    }
    add_file(os::join_path(os::parent_path(from), *path), depth + 1);
  }

  std::string home_;
};

std::vector<ConfigVariable> parse_listing(std::string_view listing) {
  std::vector<ConfigVariable> variables;
  for (const std::string_view item : base::split(listing, '\0')) {
    if (item.empty()) continue;
    const std::size_t newline = item.find('\n');
    ConfigVariable found{.name = std::string(item.substr(0, newline)), .value = std::nullopt};
    if (newline != std::string_view::npos) found.value = item.substr(newline + 1);
    variables.push_back(std::move(found));
  }
  return variables;
}

bool is_known_extension(std::string_view name) {
  constexpr std::array<std::string_view, 9> kKnown{"noop",
                                                   "noop-v1",
                                                   "preciousobjects",
                                                   "partialclone",
                                                   "worktreeconfig",
                                                   "objectformat",
                                                   "compatobjectformat",
                                                   "refstorage",
                                                   "relativeworktrees"};
  return std::find(kKnown.begin(), kKnown.end(), name) != kKnown.end();
}

void apply(const ConfigVariable& found, const std::string& home, bool linked, Settings& settings) {
  const auto path = [&]() -> std::optional<std::string> {
    return found.value ? config_path(*found.value, home) : std::nullopt;
  };
  if (found.name == "core.ignorecase") {
    settings.letter_case = config_bool(found).value_or(false) ? LetterCase::fold : LetterCase::exact;
  } else if (found.name == "core.autocrlf") {
    settings.converts_line_endings = config_bool(found).value_or(true);  // "input" is no boolean
  } else if (found.name == "core.excludesfile") {
    settings.excludes_file = path();
  } else if (found.name == "core.attributesfile") {
    settings.attributes_file = path();
  } else if (found.name == "core.bare" && !linked) {
    settings.bare = config_bool(found).value_or(false);
  } else if (found.name == "core.worktree" && !linked) {
    settings.work_tree = found.value;
  } else if (found.name == "extensions.objectformat") {
    if (found.value == "sha256") settings.object_format = ObjectFormat::sha256;
    if (found.value != "sha256" && found.value != "sha1") settings.unknown_extension = true;
  } else if (found.name.starts_with("extensions.")) {
    if (!is_known_extension(std::string_view(found.name).substr(11))) settings.unknown_extension = true;
  }
}

}  // namespace

Settings read_settings(const std::string& git_dir, const std::string& common_dir) {
  const std::string home = variable("HOME");
  const std::string xdg = xdg_git_dir(home);
  const std::vector<std::string> system = system_dirs();

  Reader reader(home);
  if (!is_true("GIT_CONFIG_NOSYSTEM")) {
    if (is_set("GIT_CONFIG_SYSTEM"))
      reader.add_file(variable("GIT_CONFIG_SYSTEM"));
    else
      for (const std::string& dir : system) reader.add_file(dir + "/gitconfig");
  }
  if (is_set("GIT_CONFIG_GLOBAL")) {
    reader.add_file(variable("GIT_CONFIG_GLOBAL"));
  } else {
    if (!xdg.empty()) reader.add_file(xdg + "/config");
    if (!home.empty()) reader.add_file(home + "/.gitconfig");
  }
  const std::size_t own = reader.variables.size();
  reader.add_file(common_dir + "/config");
  const bool per_work_tree =
      std::any_of(reader.variables.begin() + static_cast<std::ptrdiff_t>(own), reader.variables.end(),
                  [](const ConfigVariable& found) {
                    return found.name == "extensions.worktreeconfig" && config_bool(found).value_or(false);
                  });
  if (per_work_tree) reader.add_file(git_dir + "/config.worktree");

  Settings settings;
  // Where git has no file of its own named, it looks in the user's folder.
  if (!xdg.empty()) {
    settings.excludes_file = xdg + "/ignore";
    settings.attributes_file = xdg + "/attributes";
  }
  if (!is_true("GIT_ATTR_NOSYSTEM"))
    for (const std::string& dir : system) settings.system_attributes_files.push_back(dir + "/gitattributes");

  bool uncertain = false;
  if (reader.needs_git || is_set("GIT_CONFIG_COUNT") || is_set("GIT_CONFIG_PARAMETERS")) {
    // Naming the folder, instead of letting git find it, also works where another user owns the repository.
    const auto listing = ask_git(git_dir, {"--git-dir=" + git_dir, "config", "--list", "-z"});
    if (listing) {
      reader.variables = parse_listing(*listing);
    } else {
      uncertain = true;
      base::warn_once("git-config",
                      fmt::format("cannot tell git's settings for certain, so every file is read: {}",
                                  listing.error().message));
    }
  }
  const bool linked = git_dir != common_dir;
  for (const ConfigVariable& found : reader.variables) apply(found, home, linked, settings);
  if (uncertain) settings.converts_line_endings = true;
  return settings;
}

}  // namespace stillage::git
