// SPDX-License-Identifier: MIT
#pragma once
// The single formats behind CompatLock. Each adds its entries; later ones with the same key win.

#include <string>
#include <string_view>

#include "workspace/compat_lock.h"

namespace stillage::workspace {

using CompatEntries = base::StringMap<CompatEntry>;

Status read_compat_npm(std::string_view text, const std::string& origin, CompatEntries& entries);
Status read_compat_pnpm(std::string_view text, const std::string& origin, CompatEntries& entries);
/// A merge conflict is resolved by taking the entries of both sides.
Status read_compat_yarn(std::string_view text, const std::string& origin, CompatEntries& entries);
Status read_compat_berry(std::string_view text, const std::string& origin, CompatEntries& entries);

}  // namespace stillage::workspace
