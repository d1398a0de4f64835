// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/json.h"
#include "base/strings.h"
#include "cache/store.h"
#include "commands.h"
#include "config/local_store.h"
#include "lage_cache.h"
#include "os/file.h"
#include "report/style.h"

namespace stillage::cli {
namespace {

constexpr std::int64_t kDayNs = 24LL * 3600 * 1'000'000'000;

Result<int> stats(cache::Store& store, bool as_json) {
  STILLAGE_ASSIGN(const cache::StoreUsage usage, store.usage());
  if (as_json) {
    fmt::print("{}", base::to_pretty_text({{"folder", store.folder()},
                                           {"entries", usage.entries},
                                           {"bytes", usage.bytes},
                                           {"cap", store.cap()}}));
    return 0;
  }
  fmt::print("{}\n{}, {} of at most {}\n", store.folder(), base::counted(usage.entries, "entry", "entries"),
             base::human_size(usage.bytes), base::human_size(store.cap()));
  return 0;
}

Result<int> list(cache::Store& store, bool as_json) {
  STILLAGE_ASSIGN(std::vector<cache::StoredEntry> entries, store.list());
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.last_used_ns > b.last_used_ns; });
  base::Json rows = base::Json::array();
  for (const cache::StoredEntry& entry : entries) {
    if (as_json)
      rows.push_back({{"key", entry.key},
                      {"target", entry.target},
                      {"bytes", entry.size},
                      {"created", base::iso_time(entry.created_ns)},
                      {"lastUsed", base::iso_time(entry.last_used_ns)},
                      {"file", entry.path}});
    else
      fmt::print("{:.12}  {:>9}  used {:.16}  {}\n", entry.key, base::human_size(entry.size),
                 base::iso_time(entry.last_used_ns), base::printable(entry.target));
  }
  if (as_json) fmt::print("{}", base::to_pretty_text({{"entries", rows}}));
  return 0;
}

Result<int> prune(cache::Store& store, const CacheCommand& command) {
  const auto prune_by = [&] {
    if (command.days) return store.remove_unused_since(base::now_ns() - *command.days * kDayNs);
    return store.prune(command.max_size.value_or(store.cap()));
  };
  STILLAGE_ASSIGN(const cache::PruneReport report, prune_by());
  fmt::print("removed {} ({}), {} left\n", base::counted(report.removed, "entry", "entries"),
             base::human_size(report.removed_bytes), base::human_size(report.left_bytes));
  return 0;
}

Result<int> verify(cache::Store& store) {
  STILLAGE_ASSIGN(const std::vector<cache::DamagedEntry> damaged, store.verify());
  for (const cache::DamagedEntry& entry : damaged) fmt::print("damaged: {}: {}\n", entry.name, entry.reason);
  if (damaged.empty()) fmt::print("every entry is as it was stored\n");
  return damaged.empty() ? 0 : 1;
}

}  // namespace

Result<int> cache(const CacheCommand& command) {
  STILLAGE_ASSIGN(const std::string here, os::current_dir());
  const run::Environment environment = run::Environment::of_process();
  STILLAGE_ASSIGN(const config::CachePlace place, config::find_cache_place(here, environment));
  if (command.remote) return remote_cache(command, place);
  if (place.options.compat == Compat::lage) return lage_cache(command, place.root);
  STILLAGE_ASSIGN(const std::shared_ptr<cache::Store> store, config::open_store(place));
  switch (command.verb) {
    case CacheVerb::stats:
      return stats(*store, command.json);
    case CacheVerb::ls:
      return list(*store, command.json);
    case CacheVerb::prune:
      return prune(*store, command);
    case CacheVerb::verify:
      return verify(*store);
    case CacheVerb::clear: {
      STILLAGE_TRY(store->clear());
      fmt::print("removed every entry of {}\n", store->folder());
      return 0;
    }
  }
  return 0;
}

}  // namespace stillage::cli
