// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <stop_token>

#include "base/log.h"
#include "base/stages.h"
#include "base/strings.h"
#include "commands.h"
#include "config/input_changes.h"
#include "config/local_store.h"
#include "config/own_files.h"
#include "dry_run.h"
#include "interrupt.h"
#include "lage_blindness.h"
#include "remote_end.h"
#include "report/stage_table.h"
#include "report/style.h"
#include "report/summary_json.h"
#include "report/terminal.h"
#include "run/records.h"
#include "run/scheduler.h"
#include "run/script_commands.h"
#include "session.h"
#include "watched_run.h"

namespace stillage::cli {
namespace {

constinit base::Stage kRecordsStage("records");
constinit base::Stage kServiceStage("watcher service");
constinit base::Stage kUploadsStage("uploads");

bool is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}

/// Colours on a terminal, unless NO_COLOR says no (no-color.org) or FORCE_COLOR says yes.
bool wants_colour() {
  const auto is_set = [](const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr && *value != '\0' && std::string_view(value) != "0";
  };
  if (is_set("NO_COLOR")) return false;
  return is_terminal() || is_set("FORCE_COLOR");
}

report::TerminalOptions terminal_options(const RunCommand& command, const config::OpenedCache& cache) {
  return {.output = command.grouped ? report::OutputMode::grouped : report::OutputMode::streamed,
          .colours = wants_colour() ? report::Colours::on : report::Colours::off,
          .live = is_terminal() && std::getenv("CI") == nullptr,
          .verbose = command.verbose,
          .uploads_left = uploads_left(cache)};
}

/// Takes what is there of these keys out of the way of what this run makes: of two entries, the first one
/// stays.
Status forget_entries(Session& session) {
  session.replace_remote_entries();
  const config::Checkout& checkout = session.checkout();
  const CacheOptions& options = checkout.settings.cache_options;
  if (options.compat == Compat::lage || options.skip_local_cache) return {};
  STILLAGE_ASSIGN(const auto store, config::open_store({checkout.workspace.root, options, {}}));
  STILLAGE_ASSIGN(const std::vector<std::string> keys, session.keys());
  for (const std::string& key : keys)
    if (!key.empty()) STILLAGE_TRY(store->remove_key(key));
  return {};
}

std::string command_text(const RunCommand& command) {
  std::string text = "run " + base::join(command.selection.tasks, " ");
  if (!command.selection.args.empty()) text += " -- " + base::join(command.selection.args, " ");
  return text;
}

/// Writes down what the next process can use. Failing to is no failure of the run.
void remember(Session& session, const RunCommand& command, const run::RunSummary& summary) {
  if (session.checkout().state_folder.empty()) return;
  const base::StageTimer timer(kRecordsStage);
  const auto key_record = [&](const Target& target) { return session.hasher().record(target).value_or(""); };
  const auto added = run::RunRecords(session.checkout().state_folder)
                         .add(session.graph(), summary, command_text(command), key_record);
  if (!added) base::warn("cannot record the run: " + added.error().message);
  if (const Status cleaned = session.hasher().cleanup(); !cleaned)
    base::warn("cannot remember the digests of files: " + cleaned.error().message);
}

/// Reports and records a run that need not be made.
int say_again(const RunCommand& command, const KnownRun& known) {
  report::Terminal terminal(stdout, terminal_options(command, {}));
  terminal.run_started(known.graph);
  terminal.run_finished(known.summary);
  const auto added =
      run::RunRecords(known.state_folder).add(known.graph, known.summary, command_text(command), {});
  if (!added) base::warn("cannot record the run: " + added.error().message);
  return 0;
}

/// Whether the run may change anything: an error if functions say that it is another one.
Status confirm(Session& session) {
  STILLAGE_ASSIGN(const bool stands, session.graph_stands());
  return stands ? Status()
                : fail(ErrorKind::invalid, "functions of the configuration say something else than before");
}

Result<int> run_graph(Session& session, const RunCommand& command, const Interrupt& interrupt,
                      WatchedRun& watched) {
  config::OpenedCache cache;
  if (!command.no_cache) {
    STILLAGE_ASSIGN(cache, session.open_cache());
  }
  const config::Settings& settings = session.checkout().settings;
  const bool like_lage = settings.cache_options.compat == Compat::lage;
  const run::ScriptCommands scripts(session.checkout().workspace,
                                    {.npm_client = settings.npm_client,
                                     .run_scripts_with = settings.run_scripts_with,
                                     .color = wants_colour(),
                                     .like_lage = like_lage},
                                    run::Environment::of_process());
  run::KeySource keys = run::keys_of(session.hasher(), session.key_time());
  keys.describe_change = config::input_changes(session.checkout());
  report::Terminal terminal(stdout, terminal_options(command, cache));
  STILLAGE_ASSIGN(
      run::RunSummary summary,
      run::run_targets(session.graph(),
                       {.checkout_dir = session.checkout().state_folder,
                        .cache = cache.provider.get(),
                        .look_up_near = cache.look_up_near,
                        .cancel_look_ups = cancel_look_ups(cache),
                        .keys = std::move(keys),
                        .commands = [&](const graph::Node& node) { return scripts.steps(node); },
                        .confirm = [&] { return confirm(session); },
                        .before_commands =
                            [&] {
                              session.expect_records();
                              return session.set_weights();
                            },
                        .concurrency = command.concurrency.value_or(settings.concurrency.value_or(0)),
                        .continue_on_failure = command.continue_on_error,
                        .reset_cache = command.reset_cache || command.force,
                        .replay_logs = command.verbose,
                        .log_process_ids = like_lage,
                        .stale_outputs = like_lage ? StaleOutputs::keep : StaleOutputs::remove},
                       terminal, interrupt.token()));
  if (like_lage) tell_what_lage_does_not_see(session, summary);
  if (cache.end_look_ahead) cache.end_look_ahead();
  {
    const base::StageTimer telling(kServiceStage);
    watched.finish(session, summary);
  }
  summary.stages = base::stage_times();
  remember(session, command, summary);
  {
    const base::StageTimer uploads(kUploadsStage);
    summary.remote = finish_remote(cache, interrupt.token(),
                                   [&](const run::UploadsLeft& left) { terminal.uploads_left(left); });
  }
  if (summary.remote) terminal.remote_finished(*summary.remote);
  summary.stages = base::stage_times();
  if (!command.summary_file.empty()) {
    STILLAGE_TRY(report::write_summary(command.summary_file, session.graph(), summary));
    STILLAGE_TRY(config::remember_summary(session.checkout().state_folder, session.checkout().workspace.root,
                                          command.summary_file));
  }
  if (command.timings) fmt::print(stderr, "{}", report::stage_table(summary.stages));
  if (summary.interrupted) return interrupt.exit_code();
  return summary.is_success() ? 0 : 1;
}

Result<int> run_session(Session& session, const RunCommand& command, const Interrupt& interrupt,
                        WatchedRun& watched) {
  const std::stop_callback on_stop(interrupt.token(), [&] { session.give_up_functions(); });
  if (command.dry_run || command.force) STILLAGE_TRY(session.settle());
  if (command.dry_run) return dry_run(session, command, interrupt);
  if (command.force) STILLAGE_TRY(forget_entries(session));
  auto outcome = run_graph(session, command, interrupt, watched);
  if (outcome || interrupt.token().stop_requested()) return outcome;
  STILLAGE_ASSIGN(const bool stands, session.graph_stands());
  if (stands) return outcome;
  // Functions of the configuration say something else than last time. Nothing was changed yet.
  STILLAGE_TRY(session.settle());
  return run_graph(session, command, interrupt, watched);
}

}  // namespace

Result<int> run(const RunCommand& command) {
  base::StageTimer asking(kServiceStage);
  WatchedRun watched(command);
  const auto known = watched.known();
  asking.end();
  if (known) return say_again(command, *known);
  const Interrupt interrupt;
  watched.watch();
  if (!command.summary_file.empty()) STILLAGE_TRY(report::check_summary_file(command.summary_file));
  const bool looks_up = !command.no_cache && !command.dry_run && !command.force && !command.reset_cache;
  STILLAGE_ASSIGN(
      auto session,
      Session::open(command.selection, Session::Purpose::run,
                    looks_up ? Session::Outlook::look_ahead : Session::Outlook::none,
                    looks_up && asks_watch_service() ? config::Looks::known : config::Looks::own));
  auto outcome = run_session(*session, command, interrupt, watched);
  Session::leave(std::move(session));
  return outcome;
}

}  // namespace stillage::cli
