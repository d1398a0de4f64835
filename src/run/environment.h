// SPDX-License-Identifier: MIT
#pragma once
// The environment variables of a process that is to be started, as a value: sorted by name, each name once.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "stillage/target.h"

namespace stillage::run {

class Environment {
 public:
  Environment() = default;
  /// From NAME=value texts; what has no '=' is left out, and of two with the same name the first counts.
  explicit Environment(const std::vector<std::string>& variables);
  /// This process's own.
  static Environment of_process();

  void set(std::string name, std::string value);
  /// Sets it only where there is none yet.
  void set_default(std::string name, std::string value);
  void unset(std::string_view name);
  void unset_prefix(std::string_view prefix);
  /// The value, or nullptr.
  const std::string* find(std::string_view name) const;
  std::string value_or(std::string_view name, std::string_view fallback) const;

  /// NAME=value texts.
  std::vector<std::string> list() const;

 private:
  std::map<std::string, std::string, std::less<>> variables_;
};

/// What a script of this target may see of the caller's environment: all of it but STILLAGE_SIGNING_KEY, or
/// (EnvMode::strict) what the target declares and what kBaseVariables name.
Environment visible_environment(const Environment& callers, const Target& target);

/// Names and prefixes ("LC_*") that scripts see in strict mode too: without them next to nothing runs.
extern const std::vector<std::string> kBaseVariables;

/// Whether `pattern`, a name or a prefix followed by '*', fits the name.
bool names_variable(std::string_view pattern, std::string_view name);

}  // namespace stillage::run
