// SPDX-License-Identifier: MIT
#include "config/wanted_compat.h"

#include "config/backfill_variables.h"

namespace stillage::config {

std::optional<Compat> parse_compat(std::string_view word) {
  if (word == "native") return Compat::none;
  if (word == "lage") return Compat::lage;
  return std::nullopt;
}

Result<std::optional<Compat>> wanted_compat(const run::Environment& environment) {
  const auto word = text_variable(environment, "STILLAGE_COMPAT");
  if (!word) return std::optional<Compat>();
  const auto compat = parse_compat(*word);
  if (!compat) return wrong_variable("STILLAGE_COMPAT (or --compat)", "native or lage", *word);
  return compat;
}

}  // namespace stillage::config
