// SPDX-License-Identifier: MIT
#pragma once
// The environment variables that a target declares: by name, or by prefix ("VITE_*").

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stillage/result.h"

namespace stillage::hasher {

/// A variable and its value; nothing is absent, which is not the same as empty.
using Variable = std::pair<std::string_view, std::optional<std::string_view>>;

class Variables {
 public:
  /// Takes lines NAME=value. Of a name that comes twice the first counts, as for getenv(3).
  explicit Variables(const std::vector<std::string>& environment);

  /// The variables that `declared` names, sorted, each once: names whether present or not, prefixes for all
  /// that are present. An `invalid` error if one is neither a name nor a prefix.
  Result<std::vector<Variable>> select(const std::vector<std::string>& declared) const;

 private:
  std::vector<std::pair<std::string, std::string>> sorted_;
};

}  // namespace stillage::hasher
