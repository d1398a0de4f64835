// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "commands.h"
#include "os/file.h"
#include "os/stat.h"
#include "workspace/workspace.h"

namespace stillage::cli {
namespace {

constexpr const char* kFileName = "stillage.config.json";

bool any_package_has(const workspace::Workspace& workspace, std::string_view script) {
  return std::any_of(workspace.packages.begin(), workspace.packages.end(),
                     [&](const workspace::Package& package) { return package.script(script) != nullptr; });
}

/// A pipeline for those well-known tasks that the repository has.
base::Json initial_config(const workspace::Workspace& workspace) {
  base::Json pipeline = base::Json::object();
  if (any_package_has(workspace, "build"))
    pipeline["build"] = {{"dependsOn", {"^build"}}, {"outputs", {"dist/**", "lib/**"}}};
  for (const char* const task : {"test", "lint"}) {
    if (!any_package_has(workspace, task)) continue;
    pipeline[task] = {{"outputs", base::Json::array()}};
    if (task == std::string_view("test") && pipeline.contains("build"))
      pipeline[task]["dependsOn"] = {"build"};
  }
  return {{"pipeline", pipeline}};
}

}  // namespace

Result<int> init(const InitCommand&) {
  STILLAGE_ASSIGN(const std::string here, os::current_dir());
  STILLAGE_ASSIGN(const workspace::Workspace workspace, workspace::discover(here));
  const std::string path = workspace.root + "/" + kFileName;
  if (os::exists(path))
    return fail(ErrorKind::invalid, fmt::format("{} exists already; edit it, or remove it first", path));
  STILLAGE_TRY(os::write_file_atomic(path, base::to_pretty_text(initial_config(workspace))));
  fmt::print(
      "wrote {}\nnext: stillage run build\n"
      "to share results with others, name a remote cache as cacheOptions.cacheStorageConfig (docs/backends), "
      "and ask "
      "`stillage doctor`\n",
      path);
  return 0;
}

}  // namespace stillage::cli
