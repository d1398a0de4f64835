// SPDX-License-Identifier: MIT
#pragma once
// One package.json as this project needs it. Parsing is whole and strict (simdjson): a damaged file is an
// error with its position. Fields of an unexpected type count as absent, as they do for the package managers.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workspace/workspace.h"

namespace stillage::workspace {

struct PackageFile {
  Package package;  ///< `dir` and `local_dependencies` are left empty
  std::optional<std::vector<std::string>> workspaces;
  std::string package_manager;  ///< "pnpm@9.1.0+sha512…"
  std::string overrides_text;
  std::vector<DependencyRange>
      overrides;  ///< every textual value in resolutions, overrides and pnpm.overrides
  TextPairs patched_dependencies;
};

/// `origin` names the file in errors.
Result<PackageFile> parse_package_json(std::string_view text, const std::string& origin);

/// Reads (through `texts`, if given) and parses `path`; nothing if there is no such file.
Result<std::optional<PackageFile>> read_package_json(const std::string& path, const std::string& origin,
                                                     os::TextMemory* texts = nullptr);

}  // namespace stillage::workspace
