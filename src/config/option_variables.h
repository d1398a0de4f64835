// SPDX-License-Identifier: MIT
#pragma once
// References to environment variables in the options of a remote cache, so that secrets stay out of files.

#include "run/environment.h"
#include "stillage/cache_options.h"
#include "stillage/result.h"

namespace stillage::config {

/// `storage` with every `${NAME}` in the values of its options replaced by that variable's value; `$${` is a
/// plain `${`. What a variable holds is not looked through again. An `invalid` error that names the option
/// and the variable, if that is unset or empty, or the option if there is no name between the braces; no
/// error holds a value.
Result<CacheStorageConfig> with_variables(const CacheStorageConfig& storage,
                                          const run::Environment& environment);

}  // namespace stillage::config
