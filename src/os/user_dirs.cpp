// SPDX-License-Identifier: MIT
#include "os/user_dirs.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace stillage::os {
namespace {

Result<std::string> user_dir(const char* variable, const char* below_home) {
  const char* const xdg = std::getenv(variable);
  if (xdg != nullptr && *xdg == '/') return std::string(xdg) + "/stillage";
  STILLAGE_ASSIGN(const std::string home, home_dir());
  return home + below_home + "/stillage";
}

}  // namespace

Result<std::string> home_dir() {
  const char* const home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return std::string(home);
  const passwd* const account = ::getpwuid(::getuid());
  if (account != nullptr && account->pw_dir != nullptr && *account->pw_dir == '/')
    return std::string(account->pw_dir);
  return fail(ErrorKind::io, "no home folder: HOME is not set; set HOME or XDG_CACHE_HOME");
}

Result<std::string> user_cache_dir() {
  return user_dir("XDG_CACHE_HOME", "/.cache");
}

Result<std::string> user_config_dir() {
  return user_dir("XDG_CONFIG_HOME", "/.config");
}

}  // namespace stillage::os
