// SPDX-License-Identifier: MIT
#pragma once
// What functions of the configuration said in the last run of a checkout (docs/formats/state.md): most often
// they say the same again, so a run goes on as if they did until they have been asked.

#include <string>

#include "base/strings.h"
#include "stillage/result.h"

namespace stillage::config {

/// The ids of the targets whose `shouldRun` said no; none without a state folder.
base::StringSet remembered_not_to_run(const std::string& state_folder);

Status remember_not_to_run(const std::string& state_folder, const base::StringSet& ids);

}  // namespace stillage::config
