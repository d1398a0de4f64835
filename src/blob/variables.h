// SPDX-License-Identifier: MIT
#pragma once
// The environment variables that say who asks, as a value: taken once, by name. Most of them are secrets.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stillage::blob {

class Variables {
 public:
  Variables() = default;
  /// From NAME=value texts; what has no '=' is left out, and of two with the same name the first counts.
  explicit Variables(const std::vector<std::string>& variables);

  /// The value; "" where it is empty or not set, which every tool for these services takes for the same.
  const std::string& get(std::string_view name) const;
  /// Whether it is set, and not to nothing.
  bool has(std::string_view name) const { return !get(name).empty(); }
  /// The names among these that are not set, for messages: "A, B".
  std::string missing(const std::vector<std::string>& names) const;
  /// NAME=value texts, for a child process.
  std::vector<std::string> list() const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace stillage::blob
