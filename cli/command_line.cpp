// SPDX-License-Identifier: MIT
#include "command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "backfill_line.h"
#include "os/path.h"
#include "stillage/version.h"

namespace stillage::cli {
namespace {

constexpr const char* kFooter =
    "Tasks may be named without a command: `stillage build test` is `stillage run build test`.\n"
    "What follows `--` is given to the tasks named on the command line, and to no others.";

/// The parser and the commands that it fills.
class Parser {
 public:
  Parser() {
    app_.name("stillage");
    app_.footer(kFooter);
    app_.require_subcommand(0, 1);
    app_.set_version_flag("--version,-V", std::string("stillage ") + version());
    app_.add_option("--compat", compat_, "Format of keys and entries: native (default) or lage");
    app_.fallthrough();
    add_run();
    add_exec();
    add_hash();
    add_why();
    add_cache();
    add_doctor();
    add_keys();
    add_watch_service();
    add_init();
    add_completion();
  }

  CLI::App& app() { return app_; }

  Result<CommandLine> parse(std::vector<std::string> words, std::vector<std::string> after_dashes) {
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    try {
      app_.parse(std::move(words));
    } catch (const CLI::Success& asked) {  // help and version
      std::ostringstream text;
      std::ostringstream none;
      app_.exit(asked, text, none);
      return CommandLine{PrintCommand{text.str(), 0}, {}};
    } catch (const CLI::ParseError& error) {
      return fail(ErrorKind::invalid, std::string(error.what()) + "; see stillage --help");
    }
    const SelectionOptions* const selection = app_.got_subcommand("run")    ? &run_.selection
                                              : app_.got_subcommand("hash") ? &hash_.selection
                                                                            : nullptr;
    if (selection != nullptr && selection->tasks.empty())
      return fail(
          ErrorKind::invalid,
          "no task is named; name tasks in front of --scope and --to, which take all words that follow");
    run_.selection.args = after_dashes;
    hash_.selection.args = after_dashes;
    why_.args = after_dashes;
    exec_.typed = exec_.command;
    if (!after_dashes.empty()) exec_.typed.emplace_back("--");
    exec_.typed.insert(exec_.typed.end(), after_dashes.begin(), after_dashes.end());
    exec_.command.insert(exec_.command.end(), after_dashes.begin(), after_dashes.end());
    return CommandLine{command(), compat_};
  }

 private:
  Command command() {
    if (app_.got_subcommand("run")) return run_;
    if (app_.got_subcommand("exec")) return exec_;
    if (app_.got_subcommand("hash")) return hash_;
    if (app_.got_subcommand("why")) return why_;
    if (app_.got_subcommand("cache") && app_.get_subcommand("cache")->got_subcommand("evict")) return evict_;
    if (app_.got_subcommand("cache")) return cache_command();
    if (app_.got_subcommand("doctor")) return doctor_;
    if (app_.got_subcommand("keys")) return keys_;
    if (app_.got_subcommand("watch-service")) return watch_service_;
    if (app_.got_subcommand("init")) return InitCommand{};
    if (app_.got_subcommand("completion")) return completion_;
    return PrintCommand{app_.help(), 0};
  }

  static void add_selection(CLI::App& command, SelectionOptions& selection) {
    command.add_option("tasks", selection.tasks, "Tasks (build) or targets (app#build, #lint)");
    command.add_option("--scope", selection.scope, "Only these packages, and what depends on them (globs)");
    command.add_option("--to", selection.to, "Only these packages, without what depends on them (globs)");
    command.add_flag("--no-deps,--no-dependents", selection.no_deps,
                     "With --scope: leave out what depends on the packages");
  }

  static void add_timings(CLI::App& command, bool& timings) {
    command.add_flag("--timings", timings, "In the end, say on stderr which stage took which time");
  }

  void add_run() {
    CLI::App& run = *app_.add_subcommand("run", "Run tasks of the repository through the cache");
    add_selection(run, run_.selection);
    run.add_option("-c,--concurrency", run_.concurrency, "Most scripts at a time (default: one per CPU)")
        ->check(CLI::PositiveNumber);
    run.add_flag("--continue", run_.continue_on_error,
                 "After a failure, go on with what does not depend on it");
    run.add_flag("--no-cache", run_.no_cache, "Neither look up nor store");
    run.add_flag("--reset-cache", run_.reset_cache, "Run everything, and store the results");
    run.add_flag("--force", run_.force,
                 "As --reset-cache, and replace what the local and the remote cache have under these keys");
    run.add_flag("--dry-run", run_.dry_run,
                 "Only say what would run, and what would hit; a remote cache is asked, and nothing fetched");
    run.add_flag("-v,--verbose", run_.verbose, "Show hits, and the logs that they replay");
    run.add_flag("--grouped", run_.grouped, "Show the output of each target in one piece, when it has ended");
    run.add_option("--summary", run_.summary_file, "Write a JSON summary of the run to this file");
    add_timings(run, run_.timings);
  }

  void add_exec() {
    CLI::App& exec =
        *app_.add_subcommand("exec", "Run one command of this folder's package through the cache");
    exec.add_option("--inputs", exec_.inputs,
                    "Globs of input files, relative to the folder (default: all files that git "
                    "tracks or would list)")
        ->expected(1)
        ->take_all();
    exec.add_option("--outputs", exec_.outputs,
                    "Globs of output files, relative to the folder (default: none)")
        ->expected(1)
        ->take_all();
    exec.add_option("--env", exec_.env, "Names of variables that the result depends on")
        ->expected(1)
        ->take_all();
    exec.add_option("--cwd", exec_.folder, "The folder (default: the current one)");
    exec.add_flag("--no-cache", exec_.no_cache, "Neither look up nor store");
    exec.add_flag("--reset-cache", exec_.reset_cache, "Run the command, and store the result");
    exec.add_flag("-v,--verbose", exec_.verbose, "Say what was done, and why");
    exec.add_flag("--audit", exec_.audit,
                  "With --compat lage: warn of changed files that the cache would not bring back");
    exec.add_option("command", exec_.command, "The command and its arguments, best after `--`");
    exec.footer(
        "Example: stillage exec --outputs 'dist/**' -- make dist\n"
        "With --compat lage this is `backfill -- make dist`: keys, entries, backfill.config.js and "
        "BACKFILL_*\n"
        "variables are those of backfill.");
  }

  void add_hash() {
    CLI::App& hash =
        *app_.add_subcommand("hash", "Print the keys of targets and of what they depend on; run nothing");
    add_selection(hash, hash_.selection);
    hash.add_flag("--json", hash_.json, "As JSON: {\"targets\": {\"app#build\": \"…\"}}");
    add_timings(hash, hash_.timings);
  }

  void add_why() {
    CLI::App& why = *app_.add_subcommand("why", "Say why a target ran, or which entry served its hit");
    why.add_option("target", why_.target, "The target, such as app#build")->required();
    why.add_flag("--json", why_.json, "As JSON");
  }

  void add_cache() {
    CLI::App& cache = *app_.add_subcommand("cache", "Look after the local cache, and the remote one");
    cache.require_subcommand(0, 1);
    const auto verb = [&](const char* name, const char* summary, CacheVerb value) -> CLI::App& {
      CLI::App& sub = *cache.add_subcommand(name, summary);
      sub.callback([this, value] { cache_.verb = value; });
      return sub;
    };
    CLI::App& stats = verb("stats", "How much the cache holds", CacheVerb::stats);
    stats.add_flag("--json", cache_.json, "As JSON");
    add_remote(stats, cache_.remote, cache_.zone);
    CLI::App& ls = verb("ls", "List the entries, last used first", CacheVerb::ls);
    ls.add_flag("--json", cache_.json, "As JSON");
    add_remote(ls, cache_.remote, cache_.zone);
    CLI::App& prune = verb("prune", "Remove the entries that were used least recently", CacheVerb::prune);
    prune
        .add_option("--max-size", cache_.max_size,
                    "Down to this size, such as 500MB (default: the configured cap)")
        ->transform(CLI::AsSizeValue(true));
    prune.add_option("--days", cache_.days, "Those that were not used for so many days")
        ->check(CLI::NonNegativeNumber);
    CLI::App& clear = verb("clear", "Remove every entry", CacheVerb::clear);
    add_remote(clear, cache_.remote, cache_.zone);
    clear.add_flag("--yes", cache_.yes, "Needed to clear the remote cache, which others use too");
    CLI::App& verify =
        verb("verify", "Check every entry against its checksum, and with --remote its signature",
             CacheVerb::verify);
    add_remote(verify, cache_.remote, cache_.zone);
    verify.add_option("--sample", cache_.sample, "With --remote: only so many entries, chosen at random")
        ->check(CLI::PositiveNumber);
    CLI::App& evict = *cache.add_subcommand("evict", "Remove what the cache has of one target or key");
    evict.add_option("what", evict_.what, "A target (its key of now), a key, or the first digits of one")
        ->required();
    CLI::Option* const remote = add_remote(evict, evict_.remote, evict_.zone);
    evict.add_flag("--local", local_, "From the local cache alone (default)")->excludes(remote);
    cache.add_flag("--clear", clear_, "As `cache clear`");
    cache.add_option("--prune", prune_days_, "As `cache prune --days`")->check(CLI::NonNegativeNumber);
  }

  static CLI::Option* add_remote(CLI::App& verb, bool& remote, std::optional<std::string>& zone) {
    CLI::Option* const is_remote = verb.add_flag("--remote", remote, "The remote cache's");
    verb.add_option("--zone", zone, "With --remote: only those of this zone (default: of all)")
        ->needs(is_remote);
    return is_remote;
  }

  void add_doctor() {
    CLI::App& doctor = *app_.add_subcommand(
        "doctor", "Check the remote cache and its keys, the local cache, and the programs that runs need");
    doctor.add_flag("--json", doctor_.json, "As JSON");
    doctor.add_flag("--write", doctor_.write,
                    "Put a blob into the remote cache and remove it again, even where writing is off");
    doctor.add_option("--zone", doctor_.zone, "The zone to try (default: the one that is written)")
        ->envname("STILLAGE_ZONE");
  }

  CacheCommand cache_command() const {
    CacheCommand command = cache_;
    if (clear_) command.verb = CacheVerb::clear;
    if (prune_days_) {
      command.verb = CacheVerb::prune;
      command.days = prune_days_;
    }
    return command;
  }

  void add_keys() {
    CLI::App& keys = *app_.add_subcommand("keys", "Keys that sign what goes into a remote cache");
    keys.require_subcommand(1);
    CLI::App& generate = *keys.add_subcommand("generate", "Make a new key, and say what to do with it");
    generate.add_option("--algorithm", keys_.algorithm, "ed25519 (default), or hmac-sha256")
        ->check(CLI::IsMember({"ed25519", "hmac-sha256"}));
    generate.add_option("--id", keys_.id, "The key's name in configurations (default: one is made up)");
    generate.add_option("--out", keys_.file,
                        "File of the private key (default: ~/.config/stillage/keys/<id>.key)");
  }

  void add_watch_service() {
    CLI::App& service = *app_.add_subcommand(
        "watch-service", "A service that knows what changes in this checkout, so that runs need not look");
    service.require_subcommand(1);
    const auto verb = [&](const char* name, const char* summary, WatchServiceVerb value) -> CLI::App& {
      CLI::App& sub = *service.add_subcommand(name, summary);
      sub.callback([this, value] { watch_service_.verb = value; });
      return sub;
    };
    CLI::App& start = verb("start", "Start it, if it is not at work yet", WatchServiceVerb::start);
    start.add_flag("--foreground", watch_service_.in_foreground, "Stay, until it is stopped");
    verb("stop", "End it", WatchServiceVerb::stop);
    verb("status", "Say whether it is at work; exits with 1 if it is not", WatchServiceVerb::status);
  }

  void add_init() { app_.add_subcommand("init", "Write a stillage.config.json to start from"); }

  void add_completion() {
    CLI::App& completion = *app_.add_subcommand("completion", "Print the completion script of a shell");
    completion.add_option("shell", completion_.shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  }

  CLI::App app_{"The build cache that monorepos deserve"};
  RunCommand run_;
  ExecCommand exec_;
  HashCommand hash_;
  WhyCommand why_;
  CacheCommand cache_;
  EvictCommand evict_;
  DoctorCommand doctor_;
  KeysCommand keys_;
  WatchServiceCommand watch_service_;
  CompletionCommand completion_;
  std::string compat_;
  bool clear_ = false;
  bool local_ = false;  ///< only said: it is the default
  std::optional<int> prune_days_;
};

bool is_command(CLI::App& app, const std::string& word) {
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  return std::any_of(commands.begin(), commands.end(),
                     [&](const CLI::App* c) { return c->get_name() == word; });
}

bool asks_about_program(const std::string& word) {
  return word == "--help" || word == "-h" || word == "--version" || word == "-V";
}

/// Where a command may stand: after options of the program itself.
std::size_t command_position(const std::vector<std::string>& words) {
  std::size_t at = 0;
  while (at < words.size() && words[at].starts_with("--compat")) at += words[at] == "--compat" ? 2 : 1;
  return std::min(at, words.size());
}

}  // namespace

Result<CommandLine> parse_command_line(std::vector<std::string> arguments) {
  const bool is_backfill = os::file_name(arguments.front()) == "backfill";
  arguments.erase(arguments.begin());
  if (is_backfill) {
    STILLAGE_ASSIGN(Command command, parse_backfill_line(arguments));
    return CommandLine{std::move(command), {}};
  }
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  std::vector<std::string> words(arguments.begin(), dashes);
  const std::vector<std::string> after(dashes == arguments.end() ? dashes : dashes + 1, arguments.end());

  Parser parser;
  const std::size_t at = command_position(words);
  if (at < words.size() && !is_command(parser.app(), words[at]) && !asks_about_program(words[at]))
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(at), "run");
  return parser.parse(std::move(words), after);
}

std::vector<CommandWords> command_words() {
  Parser parser;
  std::vector<CommandWords> all;
  const auto collect = [&](const auto& self, CLI::App& app, const std::string& prefix) -> void {
    for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
      CommandWords words{prefix + command->get_name(), command->get_description(), {}};
      for (const CLI::Option* option : command->get_options())
        for (const std::string& name : option->get_lnames())
          words.options.emplace_back("--" + name, option->get_description());
      all.push_back(std::move(words));
      self(self, *command, prefix + command->get_name() + " ");
    }
  };
  collect(collect, parser.app(), "");
  return all;
}

}  // namespace stillage::cli
