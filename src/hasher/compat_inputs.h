// SPDX-License-Identifier: MIT
#pragma once
// `inputs` as lage expands them: a "^" or "!^" entry goes to every package that the target's leads to,
// without its first "^", and never to the package itself; all others go to the package.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workspace/compat_workspace.h"

namespace stillage::hasher {

/// Packages with the patterns that apply to each; none twice.
using PatternsByPackage = std::vector<std::pair<const workspace::CompatPackage*, std::vector<std::string>>>;

PatternsByPackage expand_compat_inputs(const workspace::CompatWorkspace& workspace,
                                       const workspace::CompatPackage& package,
                                       const std::vector<std::string>& inputs);

}  // namespace stillage::hasher
