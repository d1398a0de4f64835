// SPDX-License-Identifier: MIT
#include "config/input_changes.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::config {

std::function<std::string(const Target&, const std::string&)> input_changes(const Checkout& checkout) {
  return [&checkout](const Target& target, const std::string& path) {
    const auto stat = os::stat_path(os::join_path(checkout.workspace.root, path));
    const bool is_gone = stat && !*stat;
    // Inputs that git ignores are not listed, be they there or not.
    const bool was_listed = checkout.listing().find(path) != nullptr;
    const bool is_new =
        !is_gone && !was_listed && !checkout.listing().is_ignored(path, os::FileKind::regular);
    const std::string what = fmt::format("{} {} while it ran", base::printable(path),
                                         is_new    ? "appeared"
                                         : is_gone ? "disappeared"
                                                   : "changed");
    // A source file that is edited meanwhile is what happens mostly, where outputs are declared.
    if (target.outputs && !is_new && !is_gone) return what;
    const std::string& file = checkout.settings.config_file;
    return fmt::format("{}; if the task makes it, add it to \"outputs\" in {}", what,
                       file.empty() ? "stillage.config.json" : file);
  };
}

}  // namespace stillage::config
