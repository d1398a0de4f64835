// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "backfill_line.h"
#include "base/log.h"
#include "commands.h"
#include "config/checkout.h"
#include "config/input_changes.h"
#include "config/open_cache.h"
#include "config/wanted_compat.h"
#include "graph/exec_id.h"
#include "interrupt.h"
#include "os/file.h"
#include "os/path.h"
#include "remote_end.h"
#include "report/style.h"
#include "run/scheduler.h"

namespace stillage::cli {
namespace {

/// Passes what the command prints on, as it is.
class PassedOn : public run::Events {
 public:
  explicit PassedOn(bool verbose) : verbose_(verbose) {}

  void target_waiting(std::size_t, const std::string& reason) override { say("waits: " + reason); }
  void target_started(std::size_t, const std::string& reason) override { say("runs: " + reason); }
  void target_output(std::size_t, const LogChunk& chunk) override { print(chunk); }
  void target_finished(std::size_t, const run::TargetResult& result) override {
    if (result.hit) {
      for (const LogChunk& chunk : result.log) print(chunk);
      say("hit, saved " + report::duration_text(result.saved_seconds));
    }
    if (!result.not_stored_because.empty()) base::warn("not stored: " + result.not_stored_because);
  }

 private:
  static void print(const LogChunk& chunk) {
    std::FILE* const out = chunk.stream == LogStream::out ? stdout : stderr;
    std::fwrite(chunk.text.data(), 1, chunk.text.size(), out);
    std::fflush(out);
  }
  void say(const std::string& what) const {
    if (verbose_) fmt::print(stderr, "stillage: {}\n", what);
  }

  bool verbose_;
};

/// The command as a target of the package in `folder`.
Target exec_target(const ExecCommand& command, const config::Checkout& checkout, const std::string& folder) {
  const std::string dir(os::path_below(folder, checkout.workspace.root).value_or(""));
  Target target;
  target.id = graph::exec_target_id(dir, command.command, command.outputs);
  target.task = "exec";
  target.cwd = folder;
  if (const auto package = checkout.workspace.index_of_dir(dir))
    target.package_name = checkout.workspace.packages[*package].name;
  // Without declared inputs, what the package is built on counts too.
  target.inputs = command.inputs.empty() ? std::vector<std::string>{"**/*", "^**/*"} : command.inputs;
  target.outputs = command.outputs;
  target.env = command.env;
  for (const std::string& word : command.command) target.command.emplace_back("exec", word);
  return target;
}

Result<int> exec_as_backfill(const ExecCommand& command) {
  STILLAGE_ASSIGN(const BackfillCommand as_typed, as_backfill(command));
  return backfill(as_typed);
}

}  // namespace

Result<int> exec(const ExecCommand& command) {
  if (command.command.empty())
    return fail(ErrorKind::invalid, "no command; say which after `--`: stillage exec -- make");
  const run::Environment environment = run::Environment::of_process();
  STILLAGE_ASSIGN(const std::optional<Compat> compat, config::wanted_compat(environment));
  if (compat == Compat::lage) return exec_as_backfill(command);
  std::optional<Interrupt> interrupt(std::in_place);
  STILLAGE_ASSIGN(const std::string folder, os::real_path(command.folder.empty() ? "." : command.folder));
  STILLAGE_ASSIGN(const auto checkout, config::open_folder(folder, environment));
  if (checkout->settings.cache_options.compat == Compat::lage) {
    interrupt.reset();  // backfill has its own
    return exec_as_backfill(command);
  }
  if (command.audit) return fail(ErrorKind::invalid, "--audit needs --compat lage");
  const Target target = exec_target(command, *checkout, folder);
  STILLAGE_ASSIGN(const auto hasher, config::open_hasher(*checkout));
  config::OpenedCache cache;
  if (!command.no_cache) {
    STILLAGE_ASSIGN(cache, config::open_cache(*checkout, {target}));
  }

  const graph::TargetGraph graph = run::single_target_graph(target);
  run::KeySource keys = run::keys_of(*hasher);
  keys.describe_change = config::input_changes(*checkout);
  PassedOn events(command.verbose);
  STILLAGE_ASSIGN(
      const run::RunSummary summary,
      run::run_targets(graph,
                       {.checkout_dir = checkout->state_folder,
                        .cache = cache.provider.get(),
                        .cancel_look_ups = cancel_look_ups(cache),
                        .keys = std::move(keys),
                        .commands = run::single_command(command.command, folder, environment.list()),
                        .reset_cache = command.reset_cache,
                        .replay_logs = true},
                       events, interrupt->token()));
  (void)finish_remote(cache, interrupt->token());
  (void)hasher->cleanup();  // costs time only, if it fails
  if (summary.interrupted) return interrupt->exit_code();
  const run::TargetResult& result = summary.targets.front();
  if (result.status != run::TargetStatus::failed) return 0;
  if (!result.reason.empty()) base::verbose(result.reason);
  return result.exit_code != 0 ? result.exit_code : 1;
}

}  // namespace stillage::cli
