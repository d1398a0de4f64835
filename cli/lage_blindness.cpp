// SPDX-License-Identifier: MIT
#include "lage_blindness.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "run/records.h"

namespace stillage::cli {
namespace {

constexpr const char* kRemedy = "the native format does (leave out compat \"lage\")";

/// Root targets are hashed by the contents of their inputs alone.
void tell_equal_hashes(const graph::TargetGraph& graph, const run::RunSummary& summary) {
  base::StringMap<std::size_t> owners;
  for (std::size_t i = 0; i < summary.targets.size(); ++i) {
    const std::string& key = summary.targets[i].key;
    if (key.empty()) continue;
    const auto [owner, is_first] = owners.try_emplace(key, i);
    if (is_first) continue;
    base::warn_once(
        "equal hashes",
        fmt::format("lage's hash does not tell {} from {}, so that one restores what the other made; {}",
                    base::printable(graph.nodes[owner->second].target.id),
                    base::printable(graph.nodes[i].target.id), kRemedy));
  }
}

/// A hit on a key that was made of other files when it was recorded: renamed, moved, or swapped ones.
void tell_renamed_inputs(Session& session, const run::RunSummary& summary) {
  base::StringSet hits;
  for (const run::TargetResult& target : summary.targets)
    if (target.hit) hits.insert(target.key);
  if (hits.empty() || session.checkout().state_folder.empty()) return;
  const auto records = run::RunRecords(session.checkout().state_folder).find_key_records(hits);
  if (!records) return;
  for (std::size_t i = 0; i < summary.targets.size(); ++i) {
    const auto bytes = records->find(summary.targets[i].key);
    if (!summary.targets[i].hit || bytes == records->end()) continue;
    const Target& target = session.graph().nodes[i].target;
    const auto before = hasher::parse_record(bytes->second);
    const auto bytes_now = session.hasher().record(target);
    const auto now = bytes_now ? hasher::parse_record(*bytes_now) : tl::make_unexpected(bytes_now.error());
    if (!before || !now || before->target_id != target.id) continue;
    const auto differences = hasher::explain(*before, *now);
    if (differences.empty()) continue;
    base::warn_once(
        "renamed inputs",
        fmt::format("{} was restored although {} is not what it was: lage's hash does not see names; {}",
                    base::printable(target.id), base::printable(differences.front().name), kRemedy));
    return;
  }
}

}  // namespace

void tell_what_lage_does_not_see(Session& session, const run::RunSummary& summary) {
  tell_equal_hashes(session.graph(), summary);
  tell_renamed_inputs(session, summary);
}

}  // namespace stillage::cli
