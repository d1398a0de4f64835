// SPDX-License-Identifier: MIT
#pragma once
// What the package managers would say of a checkout: where its root is, which packages it has, and how they
// lean on each other. Read from package.json files, lerna.json, rush.json and pnpm-workspace.yaml only;
// nothing is run. A Workspace is a plain value; reading one from several threads is safe.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "stillage/result.h"

namespace stillage::os {
class TextMemory;
}

namespace stillage::workspace {

/// Who lays out node_modules; `none` is a single package without any sign of a package manager.
enum class PackageManager : std::uint8_t { npm, yarn, berry, pnpm, rush, lerna, bun, none };

/// The name of a manager, as in the enum.
const char* to_string(PackageManager manager);

struct DependencyRange {
  std::string name = {};
  std::string range = {};
  bool operator==(const DependencyRange&) const = default;
};

using TextPairs = std::vector<std::pair<std::string, std::string>>;

/// One package.json.
struct Package {
  std::string name = {};
  std::string dir = {};  ///< relative to the workspace root; "" for the package in the root itself
  std::string version = {};
  TextPairs scripts = {};  ///< in the file's order, as is everything below
  std::vector<DependencyRange> dependencies = {};
  std::vector<DependencyRange> dev_dependencies = {};
  std::vector<DependencyRange> peer_dependencies = {};
  std::vector<DependencyRange> optional_dependencies = {};
  /// JSON text of the field "stillage", else of "lage"; "" if there is neither.
  std::string config_text = {};
  /// Files and folders, outside of every package, that file:, link: and portal: dependencies of this package,
  /// of the workspace root, of such folders themselves and of the workspace packages that all these lean on
  /// name, and whose content is thus part of what gets installed. Relative to the root ("../x" if outside of
  /// it, absolute only if written so); sorted.
  std::vector<std::string> local_dependencies = {};
  /// Fields that scripts see as npm_package_<field>_<name>: nested names joined with "_".
  TextPairs config = {};
  TextPairs engines = {};
  TextPairs bin = {};

  /// The text of a script, or nothing.
  const std::string* script(std::string_view script_name) const;
};

struct Workspace {
  std::string root;  ///< absolute, without links
  PackageManager manager = PackageManager::none;
  std::string manager_version;    ///< of the packageManager field, else as far as the files tell, else ""
  std::vector<Package> packages;  ///< sorted by dir; exactly one, with dir "", for a single package
  std::optional<Package> root_package;  ///< the root's own, where it is not among `packages`
  bool single_package = false;
  std::string lock_file;  ///< relative to the root; "" if there is none
  std::string client;     ///< what runs scripts: "npm", "yarn" or "pnpm"
  std::vector<std::string> warnings;
  /// Texts of root fields that change what ranges resolve to ("" if none); a lock file shows their effect.
  std::string overrides_text;
  /// Patch files that the root's configuration names: what they patch ("name" or "name@version") and the
  /// file, relative to the root.
  TextPairs patched_dependencies;

  /// The package of that name, or nullptr.
  const Package* find(std::string_view name) const;
  std::optional<std::size_t> index_of(std::string_view name) const;
  /// The package whose folder is exactly `dir`.
  std::optional<std::size_t> index_of_dir(std::string_view dir) const;
  /// Rebuilds what makes the three above O(1); needed after `packages` has changed (without it they search).
  void reindex();

 private:
  base::StringMap<std::size_t> by_name_;
  base::StringMap<std::size_t> by_dir_;
};

/// Finds the workspace that `start_dir` belongs to: upwards from there, the first folder that holds
/// lerna.json, rush.json, yarn.lock, pnpm-workspace.yaml, bun.lock, bun.lockb or package-lock.json; without
/// one, the nearest package.json with "workspaces"; else the nearest package.json. The environment variable
/// PREFERRED_WORKSPACE_MANAGER (lerna, rush, yarn, pnpm, bun, npm) restricts the search to that manager's
/// files. A package.json with neither name, scripts nor dependencies is no package. Errors (invalid): no
/// package.json, unreadable JSON or YAML, packages without a name or with the same name; each names the
/// files. `texts`, if given, spares the reading of files that it remembers.
Result<Workspace> discover(const std::string& start_dir, os::TextMemory* texts = nullptr);

}  // namespace stillage::workspace
