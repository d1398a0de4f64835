// SPDX-License-Identifier: MIT
#pragma once
// Whose keys and entries are wanted, where no configuration has a say in it.

#include <string>

#include "run/environment.h"
#include "stillage/compat.h"
#include "stillage/result.h"

namespace stillage::config {

/// The format that a word names: "native" (or nothing at all) and "lage". The error (invalid) for any other
/// begins with `place`.
Result<Compat> parse_compat(const std::string& word, const std::string& place);

/// What STILLAGE_COMPAT names, which `--compat` sets.
Result<Compat> wanted_compat(const run::Environment& environment);

}  // namespace stillage::config
