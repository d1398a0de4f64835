// SPDX-License-Identifier: MIT
#include "run/environment.h"

#include <unistd.h>

#include <algorithm>

namespace stillage::run {

const std::vector<std::string> kBaseVariables = {
    "PATH", "HOME", "USER",   "LOGNAME",   "SHELL",    "LANG",        "LC_*",
    "TZ",   "TERM", "TMPDIR", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "XDG_RUNTIME_DIR"};

namespace {

/// With the key that signs entries, any script of any package could sign what it likes.
constexpr const char* kHiddenVariables[] = {"STILLAGE_SIGNING_KEY"};

}  // namespace

Environment::Environment(const std::vector<std::string>& variables) {
  for (const std::string& variable : variables) {
    const std::size_t equals = variable.find('=');
    if (equals != std::string::npos && equals != 0)
      variables_.try_emplace(variable.substr(0, equals), variable.substr(equals + 1));
  }
}

Environment Environment::of_process() {
  std::vector<std::string> variables;
  for (char** variable = ::environ; variable != nullptr && *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  return Environment(variables);
}

void Environment::set(std::string name, std::string value) {
  // A NUL can come from a JSON text only; what follows it could not be handed on.
  if (const std::size_t nul = value.find('\0'); nul != std::string::npos) value.resize(nul);
  if (name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos) return;
  variables_.insert_or_assign(std::move(name), std::move(value));
}

void Environment::set_default(std::string name, std::string value) {
  if (!variables_.contains(name)) set(std::move(name), std::move(value));
}

void Environment::unset(std::string_view name) {
  if (const auto found = variables_.find(name); found != variables_.end()) variables_.erase(found);
}

void Environment::unset_prefix(std::string_view prefix) {
  auto it = variables_.lower_bound(prefix);
  while (it != variables_.end() && it->first.starts_with(prefix)) it = variables_.erase(it);
}

const std::string* Environment::find(std::string_view name) const {
  const auto found = variables_.find(name);
  return found == variables_.end() ? nullptr : &found->second;
}

std::string Environment::value_or(std::string_view name, std::string_view fallback) const {
  const std::string* const value = find(name);
  return value == nullptr ? std::string(fallback) : *value;
}

std::vector<std::string> Environment::list() const {
  std::vector<std::string> result;
  result.reserve(variables_.size());
  for (const auto& [name, value] : variables_) result.push_back(name + "=" + value);
  return result;
}

bool names_variable(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

Environment visible_environment(const Environment& callers, const Target& target) {
  if (target.env_mode == EnvMode::loose) {
    Environment visible = callers;
    for (const char* const name : kHiddenVariables) visible.unset(name);
    return visible;
  }
  std::vector<std::string> visible = callers.list();
  std::erase_if(visible, [&](const std::string& variable) {
    const auto name = std::string_view(variable).substr(0, variable.find('='));
    const auto fits = [&](const std::string& pattern) { return names_variable(pattern, name); };
    return std::ranges::none_of(kBaseVariables, fits) && std::ranges::none_of(target.env, fits) &&
           std::ranges::none_of(target.pass_through_env, fits);
  });
  return Environment(visible);
}

}  // namespace stillage::run
