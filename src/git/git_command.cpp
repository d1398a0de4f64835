// SPDX-License-Identifier: MIT
#include "git/git_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "os/command.h"

namespace stillage::git {
namespace {

// What git sets for hooks and aliases (and users by hand) to point at a repository or to bend what paths
// mean. Variables of configuration (GIT_CONFIG_…) and of discovery (GIT_CEILING_DIRECTORIES) stay.
constexpr std::array<std::string_view, 24> kMisleading{"GIT_DIR",
                                                       "GIT_WORK_TREE",
                                                       "GIT_INDEX_FILE",
                                                       "GIT_OBJECT_DIRECTORY",
                                                       "GIT_COMMON_DIR",
                                                       "GIT_NAMESPACE",
                                                       "GIT_PREFIX",
                                                       "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                                                       "GIT_GRAFT_FILE",
                                                       "GIT_SHALLOW_FILE",
                                                       "GIT_QUARANTINE_PATH",
                                                       "GIT_IMPLICIT_WORK_TREE",
                                                       "GIT_ATTR_SOURCE",
                                                       "GIT_INDEX_VERSION",
                                                       "GIT_LITERAL_PATHSPECS",
                                                       "GIT_GLOB_PATHSPECS",
                                                       "GIT_ICASE_PATHSPECS",
                                                       "GIT_NOGLOB_PATHSPECS",
                                                       "GIT_SUPER_PREFIX",
                                                       "GIT_INTERNAL_SUPER_PREFIX",
                                                       "GIT_REPLACE_REF_BASE",
                                                       "GIT_NO_REPLACE_OBJECTS",
                                                       "LC_ALL",
                                                       "LANGUAGE"};

std::vector<std::string> clean_environment() {
  std::vector<std::string> variables = os::environment();
  std::erase_if(variables, [](const std::string& variable) {
    const std::string_view name = std::string_view(variable).substr(0, variable.find('='));
    return std::find(kMisleading.begin(), kMisleading.end(), name) != kMisleading.end();
  });
  variables.emplace_back("LC_ALL=C");
  variables.emplace_back("GIT_TERMINAL_PROMPT=0");
  return variables;
}

}  // namespace

Result<std::string> ask_git(const std::string& dir, const std::vector<std::string>& arguments) {
  os::Command command{
      .argv = {"git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"},
      .dir = dir,
      .env = clean_environment()};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  STILLAGE_ASSIGN(os::CommandOutput output, os::run_command(command));
  if (output.exit_code != 0) {
    return fail(ErrorKind::io,
                fmt::format("git {} in {} failed with code {}: {}", base::join(arguments, " "),
                            base::printable(dir), output.exit_code, base::printable(base::trim(output.err))));
  }
  return std::move(output.out);
}

}  // namespace stillage::git
