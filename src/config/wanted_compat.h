// SPDX-License-Identifier: MIT
#pragma once
// Whose keys and entries the environment wants.

#include <optional>
#include <string_view>

#include "run/environment.h"
#include "stillage/compat.h"
#include "stillage/result.h"

namespace stillage::config {

/// The format that a word names: "native" or "lage".
std::optional<Compat> parse_compat(std::string_view word);

/// What STILLAGE_COMPAT names, which `--compat` sets; nothing if it is unset or empty. An error (invalid) for
/// a word that names none.
Result<std::optional<Compat>> wanted_compat(const run::Environment& environment);

}  // namespace stillage::config
