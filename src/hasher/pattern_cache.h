// SPDX-License-Identifier: MIT
#pragma once
// Compiled pattern lists, each list once: a thousand targets share a handful.

#include <memory>
#include <string>
#include <vector>

#include "base/strings.h"
#include "glob/pattern_list.h"
#include "stillage/result.h"

namespace stillage::hasher {

using SharedPatterns = std::shared_ptr<const glob::PatternList>;

class PatternCache {
 public:
  /// The list in the native flavour.
  Result<SharedPatterns> compile(const std::vector<std::string>& patterns);

 private:
  base::StringMap<SharedPatterns> known_;
};

/// A text that no other list has.
std::string identity_of(const std::vector<std::string>& texts);

}  // namespace stillage::hasher
