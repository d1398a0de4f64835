// SPDX-License-Identifier: MIT
#include "config/known_looks.h"

#include <memory>
#include <utility>

#include "os/known_looks.h"
#include "os/path.h"
#include "os/witness.h"
#include "run/running_scripts.h"
#include "run/target_locks.h"
#include "watch/client.h"
#include "watch/looks.h"
#include "watch/service.h"

namespace stillage::config {

void use_known_looks(const std::string& root, const std::string& state_folder) {
  if (state_folder.empty()) return;
  const os::WitnessPause nothing_of_the_checkout;
  auto stored = watch::read_looks(watch::watch_folder(state_folder));
  const auto stat = os::stat_path(root);
  if (!stored || stored->instance == 0 || stored->root != root || !stat || !*stat) return;
  if (stored->root_device != (*stat)->device || stored->root_inode != (*stat)->inode) return;
  const auto answer = watch::Client(state_folder).changes(stored->instance, stored->since);
  if (!answer || !answer->is_known || answer->is_cut) return;
  if (run::others_are_at_work(state_folder) || run::may_have_running_scripts(state_folder)) return;
  for (const std::string& path : answer->paths)
    if (const auto from_root = os::path_below(path, root)) stored->looks.forget(*from_root);
  const auto owner = std::make_shared<watch::StoredLooks>(std::move(*stored));
  os::set_known_looks(root, {owner, &owner->looks});
}

}  // namespace stillage::config
