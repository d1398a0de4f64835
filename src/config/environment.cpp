// SPDX-License-Identifier: MIT
#include "config/environment.h"

#include <unistd.h>

namespace stillage::config {

Environment Environment::current() {
  Environment environment;
  for (char** variable = ::environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::size_t equals = text.find('=');
    // The first of two equal names is the one that getenv finds.
    if (equals != std::string_view::npos)
      environment.variables_.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::string Environment::get(std::string_view name) const {
  const auto variable = variables_.find(name);
  return variable == variables_.end() ? "" : variable->second;
}

std::vector<std::string> Environment::list() const {
  std::vector<std::string> all;
  for (const auto& [name, value] : variables_) all.push_back(name + "=" + value);
  return all;
}

}  // namespace stillage::config
