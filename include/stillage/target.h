// SPDX-License-Identifier: MIT
#pragma once
// A target is one task of one package ("app#build"), or of the whole repository ("#lint"): the unit that is
// hashed, looked up, restored, run and stored. A plain value; copy and change it freely. Every
// member has a default, so that designated initialisers may leave out any without a warning.

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stillage {

/// What a script sees of the caller's environment.
enum class EnvMode {
  loose,   ///< everything
  strict,  ///< the declared `env`, `pass_through_env` and a few base variables only
};

/// What happens to an entry in whose bytes the path of the checkout was found.
enum class AbsolutePaths {
  bind,   ///< it hits only in a checkout at that path
  allow,  ///< it hits everywhere: the path is known to do no harm
};

struct Target {
  /// "package#task", or "#task" for a root target.
  std::string id = {};
  /// Empty for a root target.
  std::string package_name = {};
  std::string task = {};
  /// Absolute folder of the package (the repository's root for a root target); outputs are relative to it.
  std::string cwd = {};

  /// Whether results are looked up and stored. A target without still has a key, for its dependents' sake.
  bool cache = true;
  bool skip_remote_cache = false;

  /// Globs of input files relative to the package; "^glob" selects in all its dependencies, "!glob" takes
  /// away. Nothing means every tracked or untracked-not-ignored file of the package.
  std::optional<std::vector<std::string>> inputs = {};
  /// Globs of output files relative to the package. Nothing means what git ignores beneath dist, lib, build
  /// and out; an empty list means that only the log is kept.
  std::optional<std::vector<std::string>> outputs = {};
  /// Where the outputs are declared ("stillage.config.json:12"), for messages only.
  std::string outputs_origin = {};
  /// Globs, relative to the repository's root, of files that enter the key; nothing means the hasher's.
  std::optional<std::vector<std::string>> environment_glob = {};

  /// Names ("CI") and prefixes ("VITE_*") of variables whose values enter the key.
  std::vector<std::string> env = {};
  /// Further names and prefixes that scripts see in strict mode; their values do not enter the key.
  std::vector<std::string> pass_through_env = {};
  EnvMode env_mode = EnvMode::loose;
  /// What else the key depends on: any of "os", "arch", "libc", "node".
  std::vector<std::string> key_on = {};

  /// Ids of the targets that come first; their keys enter this one's.
  std::vector<std::string> dependencies = {};
  /// Everything that says which command runs (texts of the scripts, options, …), as labelled texts in order.
  /// If empty, the hasher takes the package's scripts pre<task>, <task> and post<task>.
  std::vector<std::pair<std::string, std::string>> command = {};
  /// Arguments that are given to the command.
  std::vector<std::string> args = {};

  /// Whether outputs of the last run are removed before this one. Unset: unless `outputs` name *.tsbuildinfo.
  std::optional<bool> clean = {};
  AbsolutePaths absolute_paths = AbsolutePaths::bind;

  friend bool operator==(const Target&, const Target&) = default;
};

}  // namespace stillage
