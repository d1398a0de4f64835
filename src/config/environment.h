// SPDX-License-Identifier: MIT
#pragma once
// Environment variables as a value, so that what reads them can be tested.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stillage::config {

class Environment {
 public:
  Environment() = default;
  Environment(std::initializer_list<std::pair<const std::string, std::string>> variables)
      : variables_(variables) {}

  /// That of this process.
  static Environment current();

  /// The value, "" if it is unset: empty and unset are the same to every variable of ours.
  std::string get(std::string_view name) const;
  /// All as NAME=value.
  std::vector<std::string> list() const;

 private:
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace stillage::config
