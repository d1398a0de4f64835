// SPDX-License-Identifier: MIT
#pragma once
// One phase of a repository in a process of its own, as the original was asked: this program starts itself as
// `stillage-compat --phase VECTOR PHASE ROOT`.

#include <cstddef>
#include <string>
#include <vector>

#include "base/json.h"
#include "stillage/result.h"

namespace stillage::compat {

/// What the phase gives in a fresh process: {initError} or {targets: [{id, hash} | {id, error}]}.
Result<base::Json> run_phase(const std::string& vector_file, std::size_t phase, const std::string& root,
                             const base::Json& environment);

/// The other side: prints that. `arguments` are those behind --phase.
Status answer_phase(const std::vector<std::string>& arguments);

}  // namespace stillage::compat
