// SPDX-License-Identifier: MIT
#include "config/wanted_compat.h"

#include <fmt/format.h>

#include "base/strings.h"

namespace stillage::config {

Result<Compat> parse_compat(const std::string& word, const std::string& place) {
  if (word.empty() || word == "native") return Compat::none;
  if (word == "lage") return Compat::lage;
  return fail(ErrorKind::invalid, fmt::format("{}: \"{}\" is no format; known are \"native\" and \"lage\"",
                                              place, base::printable(word)));
}

Result<Compat> wanted_compat(const run::Environment& environment) {
  constexpr const char* kVariable = "STILLAGE_COMPAT";
  return parse_compat(environment.value_or(kVariable, ""), kVariable);
}

}  // namespace stillage::config
