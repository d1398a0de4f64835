// SPDX-License-Identifier: MIT
#include "lage_cache.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/json.h"
#include "base/strings.h"
#include "cache/backfill_store.h"

namespace stillage::cli {
namespace {

using cache::BackfillStore;

/// As lage, where no number is given.
constexpr int kDefaultDays = 30;

Result<int> stats(const BackfillStore& store, bool as_json) {
  STILLAGE_ASSIGN(const auto entries, store.list());
  std::uint64_t bytes = 0;
  for (const BackfillStore::Listed& entry : entries) bytes += entry.bytes;
  if (as_json) {
    fmt::print(
        "{}",
        base::to_pretty_text(
            {{"folder", store.base()}, {"entries", entries.size()}, {"bytes", bytes}, {"cap", nullptr}}));
    return 0;
  }
  fmt::print("{}\n{}, {}; lage's format has no limit\n", store.base(),
             base::counted(entries.size(), "entry", "entries"), base::human_size(bytes));
  return 0;
}

Result<int> list(const BackfillStore& store, bool as_json) {
  STILLAGE_ASSIGN(auto entries, store.list());
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::pair(b.changed_ns, a.hash) < std::pair(a.changed_ns, b.hash);
  });
  base::Json rows = base::Json::array();
  for (const BackfillStore::Listed& entry : entries) {
    if (as_json)
      rows.push_back({{"key", entry.hash},
                      {"bytes", entry.bytes},
                      {"files", entry.files},
                      {"created", base::iso_time(entry.changed_ns)},
                      {"file", entry.path}});
    else
      fmt::print("{:.12}  {:>9}  made {:.16}  {}\n", entry.hash, base::human_size(entry.bytes),
                 base::iso_time(entry.changed_ns), base::counted(entry.files, "file", "files"));
  }
  if (as_json) fmt::print("{}", base::to_pretty_text({{"entries", rows}}));
  return 0;
}

/// Does `remove`, and tells how many entries are gone.
template <class Remove>
Result<int> count_removed(const BackfillStore& store, const Remove& remove) {
  STILLAGE_ASSIGN(const auto before, store.list());
  STILLAGE_TRY(remove());
  STILLAGE_ASSIGN(const auto after, store.list());
  const std::size_t removed = before.size() - std::min(before.size(), after.size());
  fmt::print("removed {}, {} left in {}\n", base::counted(removed, "entry", "entries"), after.size(),
             store.base());
  return 0;
}

}  // namespace

Result<int> lage_cache(const CacheCommand& command, const std::string& root) {
  BackfillStore store(root + "/node_modules/.cache/lage", BackfillLayout::lage);
  switch (command.verb) {
    case CacheVerb::stats:
      return stats(store, command.json);
    case CacheVerb::ls:
      return list(store, command.json);
    case CacheVerb::prune:
      if (command.max_size)
        return fail(ErrorKind::invalid, "--max-size: lage's format knows no sizes; use --days");
      return count_removed(store, [&] { return store.purge(command.days.value_or(kDefaultDays)); });
    case CacheVerb::clear:
      return count_removed(store, [&] { return store.clear(); });
    case CacheVerb::verify:
      return fail(
          ErrorKind::unsupported,
          "entries in lage's format hold nothing that they could be verified by; the native format does");
  }
  return 0;
}

}  // namespace stillage::cli
