// SPDX-License-Identifier: MIT
#pragma once
// The npm_package_* variables: a package.json as each npm client spells it out for scripts.

#include <string_view>

#include "base/json.h"
#include "run/environment.h"

namespace stillage::run {

/// npm: name, version, config, engines and bin.
void set_npm_package_variables(Environment& environment, const base::Json& package);
/// yarn 1: every field.
void set_yarn_package_variables(Environment& environment, const base::Json& package);
/// pnpm: every field, null included.
void set_pnpm_package_variables(Environment& environment, const base::Json& package);

}  // namespace stillage::run
