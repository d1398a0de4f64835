// SPDX-License-Identifier: MIT
#pragma once
// package.json files as lage reads them: whatever JSON.parse takes.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workspace/compat_workspace.h"

namespace stillage::workspace {

struct CompatPackageFile {
  CompatPackage package;  ///< `dir` is left empty
  /// The patterns of `workspaces` or `workspaces.packages`, if there are any and all are texts.
  std::optional<std::vector<std::string>> workspaces;
};

/// Nothing for a text that JSON.parse refuses.
std::optional<CompatPackageFile> parse_compat_package(std::string_view text);
/// Nothing if the file is missing, unreadable or no JSON.
std::optional<CompatPackageFile> read_compat_package(const std::string& path);

}  // namespace stillage::workspace
