// SPDX-License-Identifier: MIT
#pragma once
// `{provider, options}` of a remote cache, from a configuration or a variable, as CacheStorageConfig.

#include <string>
#include <vector>

#include "base/json.h"
#include "config/field.h"
#include "stillage/cache_options.h"
#include "stillage/result.h"

namespace stillage::config {

/// Reads `{provider, options}`. A provider that is a function becomes "custom". An option that looks like a
/// secret and stands in a file that is no program is told in `warnings`, by name.
Status read_cache_storage(const Field& field, CacheStorageConfig& storage,
                          std::vector<std::string>& warnings);

/// Adds the options of a provider as texts: `headers: {a: …}` as "headers.a", a list as its JSON, maxSize and
/// credentialName as members of their own. What is no plain value (a function, or a client object that
/// JavaScript made and that holds some) has no meaning here and is left out, which `warnings` tell by name.
/// An `invalid` error for a maxSize that is no size.
Status read_provider_options(const Field& field, CacheStorageConfig& storage,
                             std::vector<std::string>& warnings);

/// Whether an option of this name and value is better not kept in a file. References to variables are fine.
bool looks_secret(std::string_view name, std::string_view value);

}  // namespace stillage::config
