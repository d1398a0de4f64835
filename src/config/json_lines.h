// SPDX-License-Identifier: MIT
#pragma once
// On which lines of a JSON text its keys and list items stand, for messages.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stillage::config {

/// A place in a value: keys, and positions in lists as decimal numbers.
using Path = std::vector<std::string>;

class JsonLines {
 public:
  /// `text` is JSON that parses, comments and trailing commas allowed, nested no deeper than parse_json
  /// bears.
  explicit JsonLines(std::string_view text);

  /// The line (from 1) of the key or item at `path`, or of the last part of the path that exists.
  std::size_t find(const Path& path) const;

  /// The keys that an object holds more than once, in the order of the text. find() tells the last one's
  /// line.
  const std::vector<Path>& repeated() const { return repeated_; }

  struct Place {
    std::size_t line = 1;
    std::map<std::string, Place> inside;
  };

 private:
  Place top_;
  std::vector<Path> repeated_;
};

}  // namespace stillage::config
