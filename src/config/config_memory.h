// SPDX-License-Identifier: MIT
#pragma once
// Values of JavaScript configurations that were evaluated before, so that Node need not be started for them
// (docs/formats/state.md). A value is remembered with everything that it was made of, and holds for as long
// as all of that is as it was: the configuration's file and those it loads, files that would come before
// them, the variables that it asked for, Node itself. What may hold a secret is never written down.

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "run/environment.h"

namespace stillage::config {

class ConfigMemory {
 public:
  /// All are kept by reference. Without a place for it nothing is remembered.
  ConfigMemory(const std::string& root, const run::Environment& environment);

  /// The value of the configuration in `place` (relative to the root), whose text is given.
  std::optional<base::Json> recall(const std::string& place, std::string_view text) const;

  /// Writes the value down, if `facts` (witness_config.js) say that it may be. `since_ns` is a time before
  /// Node read any file. A failure costs time only.
  void remember(const std::string& place, std::string_view text, const base::Json& value,
                const base::Json& facts, std::int64_t since_ns) const;

  /// Sees to it that the configuration is never remembered while its text is this one: its value was another
  /// one though all was the same.
  void distrust(const std::string& place, std::string_view text) const;

 private:
  bool is_distrusted(const std::string& place, std::string_view text) const;
  std::string file_of(const std::string& place) const;
  std::optional<base::Json> node() const;
  base::Json variables(const base::Json& names) const;

  const std::string& root_;
  const run::Environment& environment_;
  std::string folder_;  ///< "" if there is no place
};

}  // namespace stillage::config
