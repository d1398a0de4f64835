// SPDX-License-Identifier: MIT
#pragma once
// The options of `cacheOptions` that say whose entries of a remote cache are used: signing, verify,
// requireSignature, zone, readZones; and the variables of the same meaning. Nothing is asked of any file.

#include <string>
#include <vector>

#include "config/field.h"
#include "run/environment.h"
#include "stillage/cache_options.h"

namespace stillage::config {

/// Files in options are relative to `root`. The options fill `trust`, which outlives them.
std::vector<Option> trust_options(const std::string& root, RemoteTrust& trust);

/// STILLAGE_ZONE, STILLAGE_READ_ZONES, STILLAGE_SIGNING_KEY and STILLAGE_SIGNING_KEY_FILE over what is there.
/// An `invalid` error names the variable.
Status apply_trust_variables(const run::Environment& environment, const std::string& root,
                             RemoteTrust& trust);

}  // namespace stillage::config
