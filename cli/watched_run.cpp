// SPDX-License-Identifier: MIT
#include "watched_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/hex.h"
#include "base/stages.h"
#include "config/local_store.h"
#include "config/remote_store.h"
#include "os/command.h"
#include "os/file.h"
#include "os/path.h"
#include "os/user_dirs.h"
#include "run/target_locks.h"
#include "stillage/version.h"
#include "watch/client.h"
#include "watch/plan.h"
#include "watch/service.h"
#include "watch/tree_watch.h"
#include "watched_paths.h"

namespace stillage::cli {
namespace {

/// Look-ups stamp entries that were not used for an hour, so that they are not taken for unused: at least as
/// often a run is made in full.
constexpr std::int64_t kLongestUse = 3'600'000'000'000;
/// Of paths that were watched for other commands, as many as this run has itself are kept, and these more.
constexpr std::size_t kKeptAnyway = 1'000;

/// Which program this is: another one may find another answer.
std::string this_program() {
  const auto stat = os::stat_path("/proc/self/exe", os::Links::follow).value_or(std::nullopt);
  if (!stat) return "";
  return fmt::format("{} {} {} {} {} {}", version(), stat->device, stat->inode, stat->size, stat->mtime_ns,
                     stat->ctime_ns);
}

/// Whether the command asks for something that only a run in full can do.
bool needs_a_run(const RunCommand& command) {
  return command.no_cache || command.reset_cache || command.force || command.dry_run || command.verbose ||
         command.timings || !command.summary_file.empty();
}

/// What the run was asked for, from where, and with which environment: any variable may count.
std::string run_name(const RunCommand& command, const std::string& here) {
  base::ByteWriter writer;
  const auto add = [&writer](const std::vector<std::string>& texts) {
    writer.u64(texts.size());
    for (const std::string& text : texts) writer.text(text);
  };
  const SelectionOptions& selection = command.selection;
  add(selection.tasks);
  add(selection.scope);
  add(selection.to);
  add(selection.args);
  writer.u8(selection.no_deps ? 1 : 0);
  writer.u8(command.continue_on_error ? 1 : 0);
  writer.i64(command.concurrency.value_or(-1));
  writer.text(here);
  writer.u32(::geteuid());
  writer.u32(::getegid());
  std::vector<std::string> environment = os::environment();
  std::sort(environment.begin(), environment.end());
  add(environment);
  const auto digest = base::sha256(writer.bytes());
  return base::to_hex(std::span(digest).first(16));
}

/// Every target was restored from here without a change of anything, or has nothing to run.
bool is_all_in_place(const Session& session, const run::RunSummary& summary) {
  const auto& nodes = session.graph().nodes;
  if (!summary.is_success() || summary.interrupted || summary.targets.size() != nodes.size()) return false;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const run::TargetResult& result = summary.targets[i];
    if (result.status != run::TargetStatus::skipped) return false;
    if (!nodes[i].has_command) continue;
    const bool is_untouched = result.restored.written == 0 && result.restored.removed == 0;
    if (result.hit != HitSource::local || !is_untouched || !result.not_stored_because.empty()) return false;
  }
  return true;
}

/// Whether such runs can be known at all.
bool is_plain(const config::Checkout& checkout) {
  const CacheOptions& options = checkout.settings.cache_options;
  return !checkout.state_folder.empty() && !checkout.script && options.compat != Compat::lage &&
         !config::names_remote(options) && !options.skip_local_cache;
}

watch::Plan make_plan(const Session& session, const run::RunSummary& summary) {
  watch::Plan plan;
  const auto& nodes = session.graph().nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    plan.targets.push_back({.id = nodes[i].target.id,
                            .key = summary.targets[i].key,
                            .has_command = nodes[i].has_command,
                            .saved_seconds = summary.targets[i].saved_seconds});
  return plan;
}

KnownRun known_run(const watch::Plan& plan) {
  KnownRun known{.state_folder = std::string(plan.state_folder), .graph = {}, .summary = {}};
  for (const watch::PlannedTarget& planned : plan.targets) {
    graph::Node node;
    node.target.id = planned.id;
    node.has_command = planned.has_command;
    known.graph.nodes.push_back(std::move(node));
    run::TargetResult result;
    result.status = run::TargetStatus::skipped;
    result.key = planned.key;
    result.saved_seconds = planned.saved_seconds;
    if (planned.has_command)
      result.hit = HitSource::local;
    else
      result.reason = "nothing to run";
    known.summary.targets.push_back(std::move(result));
  }
  return known;
}

/// Has the service watch the list from now on, and what it watches for other commands.
void have_watched(const watch::Client& client, const std::string& state_folder, watch::WatchListBuilder list,
                  const watch::WatchList& wanted, const std::optional<watch::StoredWatchList>& stored) {
  const bool is_small =
      stored && stored->list.folders.size() + stored->list.files.size() <= 2 * list.size() + kKeptAnyway;
  if (!is_small || !stored->list.includes(wanted)) {
    if (is_small) list.add(stored->list);
    const Status written = watch::write_watch_list(watch::watch_folder(state_folder), list.encode());
    if (!written) {
      base::verbose("the watcher service is not told what to watch: " + written.error().message);
      return;
    }
  }
  (void)client.watch();
}

}  // namespace

bool asks_watch_service() {
  const char* const chosen = std::getenv("STILLAGE_WATCH_SERVICE");
  if (chosen != nullptr && std::string_view(chosen) == "0") return false;
  // A script of another run asks while that run holds locks, and changes what it is about to.
  return std::getenv(run::kHeldLocksVariable) == nullptr;
}

Result<std::string> plans_folder() {
  STILLAGE_ASSIGN(const std::string user, os::user_cache_dir());
  return user + "/plans";
}

WatchedRun::WatchedRun(const RunCommand& command) {
  if (!asks_watch_service() || needs_a_run(command)) return;
  const auto folder = plans_folder();
  const auto here = os::current_dir();
  if (!folder || !here || !os::is_directory(*folder)) return;
  plan_file_ = os::join_path(*folder, run_name(command, *here));
  start_ns_ = base::now_ns();
  start_steady_ns_ = watch::steady_ns();
}

WatchedRun::~WatchedRun() = default;

std::optional<KnownRun> WatchedRun::known() const {
  if (plan_file_.empty()) return std::nullopt;
  const auto stored = watch::read_plan(plan_file_);
  if (!stored) return std::nullopt;
  const watch::Plan& plan = stored->plan;
  const std::int64_t age = start_steady_ns_ - plan.made_ns;
  if (plan.program != this_program() || age < 0 || age > kLongestUse) return std::nullopt;
  const watch::Client client{std::string(plan.state_folder)};
  const auto answer = client.changes(plan.instance, plan.since);
  if (!answer || !answer->is_known || answer->is_cut || !watch::leave_alone(plan, answer->paths))
    return std::nullopt;
  const bool is_all_there = std::all_of(
      plan.marks.begin(), plan.marks.end(),
      [](const watch::PathMark& mark) { return watch::is_same(mark, watch::look_at(mark.path)); });
  if (!is_all_there || run::others_are_at_work(std::string(plan.state_folder))) return std::nullopt;
  KnownRun known = known_run(plan);
  known.summary.start_ns = start_ns_;
  known.summary.seconds = static_cast<double>(watch::steady_ns() - start_steady_ns_) / 1e9;
  known.summary.stages = base::stage_times();
  return known;
}

void WatchedRun::watch() {
  if (plan_file_.empty()) return;
  has_warned_ = std::make_shared<std::atomic<bool>>(false);
  const auto earlier = std::make_shared<base::LogSink>();
  *earlier = base::set_log_sink([earlier, warned = has_warned_](base::LogLevel level, std::string_view text) {
    if (level <= base::LogLevel::warn) *warned = true;
    (*earlier)(level, text);
  });
  witness_ = std::make_unique<os::Witness>();
}

void WatchedRun::finish(const Session& session, const run::RunSummary& summary) {
  if (!witness_) return;
  const os::Witnessed witnessed = witness_->finish();
  const config::Checkout& checkout = session.checkout();
  if (!is_plain(checkout) || !summary.is_success()) return;
  const watch::Client client(checkout.state_folder);
  const auto answer = client.changes();
  if (!answer || !answer->reason.empty()) return;
  const auto store = config::store_folder(checkout.settings.cache_options);
  const auto real_store = store ? os::real_path(*store) : store;
  if (!real_store) return;
  const std::string entries_folder = *real_store + "/v1";
  auto paths = watched_paths(session, witnessed, entries_folder);
  if (!paths) return;

  const std::string payload = paths->list.encode();
  const auto wanted = watch::parse_watch_list(payload);
  if (!wanted) return;
  const auto stored = watch::read_watch_list(watch::watch_folder(checkout.state_folder));
  watch::Plan plan = make_plan(session, summary);
  plan.entries_folder = entries_folder;
  const bool is_watched = stored && stored->list.digest == answer->digest && stored->list.includes(*wanted) &&
                          answer->completed_ns != 0;
  const bool is_unchanged = answer->is_known && !answer->is_cut && watch::leave_alone(plan, answer->paths);
  if (!is_watched || !is_unchanged)
    return have_watched(client, checkout.state_folder, std::move(paths->list), *wanted, stored);
  if (answer->completed_ns >= start_steady_ns_ || !is_all_in_place(session, summary) || *has_warned_) return;

  const std::string program = this_program();
  plan.program = program;
  plan.made_ns = start_steady_ns_;
  plan.state_folder = checkout.state_folder;
  plan.instance = answer->instance;
  plan.since = answer->since;
  for (const std::string& path : paths->looked_at) {
    watch::PathMark mark = watch::look_at(path);
    if (!watch::is_older_than(mark, start_ns_)) return;
    plan.marks.push_back(std::move(mark));
  }
  if (const Status written = watch::write_plan(plan_file_, plan); !written)
    base::verbose("the run is not remembered: " + written.error().message);
}

}  // namespace stillage::cli
