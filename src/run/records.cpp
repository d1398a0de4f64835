// SPDX-License-Identifier: MIT
#include "run/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>

#include "base/bytes.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/path.h"
#include "os/stat.h"
#include "os/state_file.h"

namespace stillage::run {
namespace {

constexpr os::StateFormat kRunFormat{"RUNS", 2};
constexpr os::StateFormat kKeysFormat{"KEYS", 1};
constexpr std::string_view kRunSuffix = ".run";
constexpr std::string_view kKeysSuffix = ".keys";
/// How many earlier runs are asked whether they have recorded a key: branches that are switched to and fro.
constexpr std::size_t kRunsAsked = 8;
/// To record so few keys once more takes less than to read another run.
constexpr std::size_t kFewKeys = 16;

RecordedTarget recorded(const Target& target, const TargetResult& result) {
  return {.id = target.id,
          .key = result.key,
          .status = result.status,
          .hit = result.hit,
          .reason = result.reason,
          .not_stored_because = result.not_stored_because,
          .stored = result.stored,
          .exit_code = result.exit_code,
          .start_seconds = result.start_seconds,
          .seconds = result.seconds,
          .look_up_seconds = result.look_up_seconds,
          .restore_seconds = result.restore_seconds,
          .run_seconds = result.run_seconds,
          .store_seconds = result.store_seconds,
          .saved_seconds = result.saved_seconds};
}

}  // namespace

RunRecords::RunRecords(const std::string& checkout_dir) : folder_(os::join_path(checkout_dir, "runs")) {}

std::string RunRecords::path_of(std::uint64_t number, std::string_view suffix) const {
  return fmt::format("{}/{}{}", folder_, number, suffix);
}

/// Descending.
Result<std::vector<std::uint64_t>> RunRecords::numbers(std::string_view suffix) const {
  std::vector<std::uint64_t> result;
  if (!os::is_directory(folder_)) return result;
  STILLAGE_ASSIGN(const auto entries, os::list_dir(folder_));
  for (const os::DirEntry& entry : entries) {
    if (!entry.name.ends_with(suffix)) continue;
    std::uint64_t number = 0;
    const char* const end = entry.name.data() + entry.name.size() - suffix.size();
    const auto parsed = std::from_chars(entry.name.data(), end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end && number > 0) result.push_back(number);
  }
  std::ranges::sort(result, std::greater<>());
  return result;
}

std::optional<RecordedRun> RunRecords::load(std::uint64_t number) const {
  const auto file = os::StateFile::read(path_of(number, kRunSuffix), kRunFormat);
  if (!file) return std::nullopt;
  auto run = parse_run(file->payload());
  if (run && run->number != number) return std::nullopt;
  return run;
}

Result<std::uint64_t> RunRecords::add(const graph::TargetGraph& graph, const RunSummary& summary,
                                      const std::string& command, const KeyRecordSource& key_record) {
  STILLAGE_TRY(os::make_dirs(folder_, 0700));
  STILLAGE_ASSIGN(const os::FileLock lock, os::FileLock::acquire(folder_ + "/lock"));
  STILLAGE_ASSIGN(const auto known, numbers(kRunSuffix));
  RecordedRun run{.number = known.empty() ? 1 : known.front() + 1,
                  .start_ns = summary.start_ns,
                  .seconds = summary.seconds,
                  .interrupted = summary.interrupted,
                  .command = command,
                  .targets = {},
                  .stages = summary.stages};
  for (std::size_t i = 0; i < graph.nodes.size() && i < summary.targets.size(); ++i)
    run.targets.push_back(recorded(graph.nodes[i].target, summary.targets[i]));

  // Where each key of late was recorded. The last run has most of them, so others are asked only for what is
  // left.
  std::unordered_map<std::string, std::uint64_t> recorded_in;
  std::size_t missing = run.targets.size();
  for (std::size_t i = 0; i < std::min(known.size(), kRunsAsked) && missing > (i == 0 ? 0 : kFewKeys); ++i) {
    const auto earlier = load(known[i]);
    if (!earlier) continue;
    for (const RecordedTarget& target : earlier->targets)
      if (target.key_record_run != 0) recorded_in.try_emplace(target.key, target.key_record_run);
    missing = static_cast<std::size_t>(std::ranges::count_if(run.targets, [&](const RecordedTarget& target) {
      return !target.key.empty() && !recorded_in.contains(target.key);
    }));
  }
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < run.targets.size(); ++i) {
    RecordedTarget& target = run.targets[i];
    if (target.key.empty()) continue;
    if (const auto found = recorded_in.find(target.key); found != recorded_in.end()) {
      target.key_record_run = found->second;
      continue;
    }
    const std::string bytes = key_record ? key_record(graph.nodes[i].target) : "";
    if (bytes.empty()) continue;
    base::ByteWriter pair;
    pair.text(target.key);
    pair.text(bytes);
    keys.push_back(pair.take());
    target.key_record_run = run.number;
    recorded_in.emplace(target.key, run.number);
  }
  if (!keys.empty()) STILLAGE_TRY(os::StateFile::write(path_of(run.number, kKeysSuffix), kKeysFormat, keys));
  STILLAGE_TRY(os::StateFile::write(path_of(run.number, kRunSuffix), kRunFormat, serialise(run)));
  forget_old(run);
  return run.number;
}

void RunRecords::forget_old(const RecordedRun& newest) const {
  const auto runs = numbers(kRunSuffix);
  if (!runs || runs->size() <= kRunsKept) return;
  for (std::size_t i = kRunsKept; i < runs->size(); ++i)
    (void)os::remove_tree(path_of((*runs)[i], kRunSuffix));
  const auto key_files = numbers(kKeysSuffix);
  const std::uint64_t oldest = (*runs)[kRunsKept - 1];
  if (!key_files || oldest > newest.number) return;
  std::set<std::uint64_t> needed;
  for (const RecordedTarget& target : newest.targets) needed.insert(target.key_record_run);
  const auto may_go = [&](std::uint64_t number) { return number < oldest && !needed.contains(number); };
  if (newest.number % kRunsBetweenCleanUps != 0 || std::ranges::none_of(*key_files, may_go)) return;
  for (std::size_t i = 0; i < kRunsKept; ++i) {
    const auto run = load((*runs)[i]);
    if (!run) continue;
    for (const RecordedTarget& target : run->targets) needed.insert(target.key_record_run);
  }
  for (const std::uint64_t number : *key_files)
    if (may_go(number)) (void)os::remove_tree(path_of(number, kKeysSuffix));
}

Result<std::optional<RecordedRun>> RunRecords::load_last_run() const {
  STILLAGE_ASSIGN(const auto known, numbers(kRunSuffix));
  for (const std::uint64_t number : known)
    if (auto run = load(number)) return run;
  return std::optional<RecordedRun>();
}

Result<std::vector<RunRecords::Appearance>> RunRecords::history(std::string_view target_id) const {
  STILLAGE_ASSIGN(const auto known, numbers(kRunSuffix));
  std::vector<Appearance> result;
  for (const std::uint64_t number : known) {
    const auto run = load(number);
    const RecordedTarget* const target = run ? run->find(target_id) : nullptr;
    if (target != nullptr) result.push_back({number, run->start_ns, *target});
  }
  return result;
}

template <class Take>
void RunRecords::read_key_records(std::uint64_t number, const Take& take) const {
  const auto file = os::StateFile::read(path_of(number, kKeysSuffix), kKeysFormat);
  if (!file) return;
  base::ByteReader reader(file->payload());
  while (reader.ok() && !reader.at_end()) {
    const std::string_view key = reader.text();
    const std::string_view bytes = reader.text();
    if (reader.ok()) take(key, bytes);
  }
}

std::optional<std::string> RunRecords::key_record_in(std::uint64_t number, std::string_view key) const {
  std::optional<std::string> found;
  read_key_records(number, [&](std::string_view recorded_key, std::string_view bytes) {
    if (!found && recorded_key == key) found = bytes;
  });
  return found;
}

Result<base::StringMap<std::string>> RunRecords::find_key_records(const base::StringSet& keys) const {
  STILLAGE_ASSIGN(const auto known, numbers(kRunSuffix));
  std::set<std::uint64_t> asked;
  base::StringMap<std::string> found;
  for (std::size_t i = 0; i < std::min(known.size(), kRunsAsked) && found.size() < keys.size(); ++i) {
    const auto run = load(known[i]);
    if (!run) continue;
    for (const RecordedTarget& target : run->targets) {
      if (target.key_record_run == 0 || !keys.contains(target.key) ||
          !asked.insert(target.key_record_run).second)
        continue;
      read_key_records(target.key_record_run, [&](std::string_view key, std::string_view bytes) {
        if (keys.contains(key)) found.try_emplace(std::string(key), bytes);
      });
    }
  }
  return found;
}

Result<std::optional<std::string>> RunRecords::find_key_record(std::string_view key) const {
  STILLAGE_ASSIGN(const auto known, numbers(kRunSuffix));
  std::set<std::uint64_t> asked;
  for (const std::uint64_t number : known) {
    const auto run = load(number);
    if (!run) continue;
    const auto found = std::ranges::find(run->targets, key, &RecordedTarget::key);
    if (found == run->targets.end() || found->key_record_run == 0) continue;
    if (!asked.insert(found->key_record_run).second) continue;
    if (auto bytes = key_record_in(found->key_record_run, key)) return bytes;
  }
  return std::optional<std::string>();
}

}  // namespace stillage::run
