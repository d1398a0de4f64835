// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "base/strings.h"
#include "commands.h"
#include "config/backfill_options.h"
#include "config/dotenv.h"
#include "config/lage_remote.h"
#include "config/pipeline_reader.h"
#include "glob/find_files.h"
#include "hasher/backfill_hasher.h"
#include "interrupt.h"
#include "os/at.h"
#include "os/beneath.h"
#include "os/file.h"
#include "os/path.h"
#include "os/process.h"
#include "report/backfill_log.h"
#include "report/performance_log.h"
#include "stillage/cache_provider.h"
#include "watch/output_audit.h"

namespace stillage::cli {
namespace {

using std::chrono::milliseconds;

report::Colours colours_of(int fd) {
  return ::isatty(fd) != 0 && std::getenv("NO_COLOR") == nullptr ? report::Colours::on : report::Colours::off;
}

report::BackfillLog log_of(config::LogThreshold level) {
  return report::BackfillLog(
      {.level = level, .out = colours_of(STDOUT_FILENO), .err = colours_of(STDERR_FILENO)});
}

/// Removes the files that the globs select in `folder`, and what of them is a link; nothing outside of the
/// folder, whatever links lead there.
Status clear_outputs(const std::string& folder, const std::vector<std::string>& globs) {
  STILLAGE_ASSIGN(const auto files, glob::find_files(folder, globs));
  STILLAGE_ASSIGN(const os::Fd root, os::open_path(folder, O_RDONLY | O_DIRECTORY));
  for (const std::string& found : files) {
    const std::string file = os::normalise_path(found);
    const std::string parent(os::parent_path(file));
    STILLAGE_ASSIGN(const os::Fd dir, os::open_beneath(root.get(), parent.empty() ? "." : parent,
                                                       O_RDONLY | O_DIRECTORY, os::LinkPolicy::inside_only));
    STILLAGE_TRY(os::unlink_at(dir.get(), std::string(os::file_name(file))));
  }
  return {};
}

/// What `stillage exec` was given counts more than every configuration.
Status lay_over(const BackfillCommand& command, config::BackfillOptions& options) {
  if (command.outputs) {
    config::Source source;
    source.file = "--outputs";
    source.value = *command.outputs;
    STILLAGE_TRY(config::check_outputs(config::Field(source.value, source)));
    options.output_glob = *command.outputs;
  }
  if (command.mode) options.mode = *command.mode;
  if (command.verbose && options.log_level && *options.log_level < base::LogLevel::verbose)
    options.log_level = base::LogLevel::verbose;
  return {};
}

/// One run of backfill, from its options on.
class BackfillRun {
 public:
  BackfillRun(const BackfillCommand& command, std::string folder, config::BackfillOptions options,
              run::Environment environment, const Interrupt& interrupt)
      : command_(base::join(command.words, " ")),
        salt_(command.salt),
        folder_(std::move(folder)),
        options_(std::move(options)),
        environment_(std::move(environment)),
        interrupt_(interrupt),
        log_(log_of(options_.log_level)),
        performance_(base::now_ns() / 1'000'000) {
    target_.id = options_.name;
    target_.package_name = options_.name;
    target_.cwd = options_.package_root;
    target_.outputs = options_.output_glob;
  }

  Status perform(bool audited) {
    if (command_.empty())
      return fail(ErrorKind::invalid,
                  "Command not provided; say which after `--`: backfill -- npm run build");
    std::optional<watch::OutputAudit> audit;
    if (audited) audit.emplace(start_audit());
    announce();
    STILLAGE_TRY(by_mode());
    if (options_.validate_output) {
      STILLAGE_TRY(note_hash_of_output());
    }
    if (options_.produce_performance_logs) {
      STILLAGE_ASSIGN(const std::string path, performance_.write(options_.log_folder));
      log_.say(base::LogLevel::silly, "Performance log created at " + path);
    }
    return audit ? tell(*audit) : Status();
  }

 private:
  void announce() {
    const char* const mode = config::cache_mode_name(options_.mode);
    const std::string& provider = options_.cache_storage_config.provider;
    log_.info("Package name: " + base::printable(options_.name));
    performance_.set("name", options_.name);
    log_.say(options_.mode == CacheMode::read_write ? base::LogLevel::info : base::LogLevel::verbose,
             fmt::format("Running in {} mode.", mode));
    performance_.set("mode", mode);
    log_.verbose("Cache provider: " + base::printable(provider));
    performance_.set("cacheProvider", provider);
  }

  Status by_mode() {
    switch (options_.mode) {
      case CacheMode::pass:
        return build();
      case CacheMode::write_only: {
        STILLAGE_TRY(open_cache());
        STILLAGE_TRY(build());
        STILLAGE_ASSIGN(const std::string hash, hash_package());
        put(hash);
        return {};
      }
      case CacheMode::read_only:
      case CacheMode::read_write:
        break;
    }
    STILLAGE_TRY(open_cache());
    STILLAGE_ASSIGN(const std::string hash, hash_package());
    if (fetch(hash)) return {};
    STILLAGE_TRY(build());
    if (options_.mode == CacheMode::read_write) put(hash);
    return {};
  }

  Status open_cache() {
    STILLAGE_ASSIGN(cache_, config::open_backfill_cache(options_, environment_));
    return {};
  }

  Result<std::string> hash_package() {
    const Timer timer(*this, "hashTime");
    STILLAGE_ASSIGN(hasher::BackfillHash hash, hasher::BackfillHasher(options_.package_root).hash(salt_));
    for (const hasher::BackfillHash::Part& package : hash.packages) {
      const auto silly = [&](const std::string& message) { log_.say(base::LogLevel::silly, message); };
      silly(base::printable(package.name));
      silly(fmt::format("  {} (fileHash)", package.files));
      silly(fmt::format("  {} (dependenciesHash)", package.dependencies));
    }
    log_.verbose("Hash of internal packages: " + hash.internal_packages);
    log_.verbose("Hash of build command: " + hash.command);
    log_.verbose("Combined hash: " + hash.combined);
    timer.stop();
    log_.verbose("Package hash: " + hash.combined);
    performance_.set("hash", hash.combined);
    return std::move(hash.combined);
  }

  /// A failure is a miss, and told.
  bool fetch(const std::string& hash) {
    const Timer timer(*this, "fetchTime");
    const Result<bool> fetched = cache_->fetch(hash, target_);
    timer.stop();
    if (!fetched) log_.warn("the entry can't be used: " + fetched.error().message);
    const bool is_hit = fetched.value_or(false);
    log_.info(is_hit ? "Cache hit!" : "Cache miss!");
    performance_.set_flag("hit", is_hit);
    return is_hit;
  }

  Status build() {
    if (options_.clear_output) {
      STILLAGE_TRY(clear_outputs(folder_, options_.output_glob));
    }
    const Timer timer(*this, "buildTime");
    const auto end =
        os::run_process({.argv = {"/bin/sh", "-c", command_}, .env = environment_.list(), .cwd = folder_},
                        {.started = {},
                         .output =
                             [](os::OutputStream stream, std::string_view text) {
                               std::FILE* const out = stream == os::OutputStream::out ? stdout : stderr;
                               std::fwrite(text.data(), 1, text.size(), out);
                               std::fflush(out);
                             }},
                        interrupt_.token());
    std::string failure;
    if (!end)
      failure = end.error().message;
    else if (end->stopped)
      failure = "Command was stopped: " + command_;
    else if (end->signal != 0)
      failure = fmt::format("Command was killed with signal {}: {}", end->signal, command_);
    else if (end->exit_code != 0)
      failure = fmt::format("Command failed with exit code {}: {}", end->exit_code, command_);
    if (!failure.empty()) {
      log_.error(fmt::format("Failed while running: \"{}\"", command_));
      return fail(ErrorKind::invalid, "Command failed with the following error:\n\nError: " + failure);
    }
    timer.stop();
    return {};
  }

  /// A failure is told and no more.
  void put(const std::string& hash) {
    const Timer timer(*this, "putTime");
    const auto stored = cache_->put(hash, target_);
    if (!stored) {
      log_.error("Failed to persist the cache with the following error:\n\n" + stored.error().message);
      return;
    }
    timer.stop();
    if (!stored->not_stored_because.empty()) log_.warn("not stored: " + stored->not_stored_because);
  }

  Status note_hash_of_output() {
    STILLAGE_ASSIGN(const std::string hash, hasher::BackfillHasher(options_.package_root).hash_of_output());
    log_.verbose("Hash of output: " + hash);
    performance_.set("hashOfOutput", hash);
    return {};
  }

  watch::OutputAudit start_audit() const {
    watch::OutputAudit audit({.package_root = options_.package_root,
                              .output_glob = options_.output_glob,
                              .ignored_folders = {options_.internal_cache_folder, options_.log_folder}});
    log_.info("Running in AUDIT mode");
    log_.info("[audit] Watching file changes in: " + base::printable(audit.root()));
    log_.info("[audit] Backfill will cache folder: " +
              base::printable(base::join(options_.output_glob, ",")));
    return audit;
  }

  Status tell(const watch::OutputAudit& audit) const {
    STILLAGE_ASSIGN(const auto changes, audit.changes_outside());
    if (changes.empty()) {
      log_.info("[audit] All observed file changes were within the scope of the folder to be cached.");
      return {};
    }
    log_.warn("[audit] The following files got changed outside of the scope of the folder to be cached:");
    for (const watch::ChangedPath& changed : changes)
      log_.warn(fmt::format("- {} ({})", base::printable(changed.path), watch::to_string(changed.change)));
    log_.warn("[audit] Make sure that nothing needs these changes: a cache hit would not bring them back.");
    return {};
  }

  /// Measures from its making until it is stopped.
  class Timer {
   public:
    Timer(BackfillRun& run, const char* what) : run_(run), what_(what) {}
    void stop() const {
      const auto time = std::chrono::round<milliseconds>(std::chrono::duration<double>(stopwatch_.seconds()));
      run_.log_.profile(what_, time);
      run_.performance_.set_time(what_, time);
    }

   private:
    BackfillRun& run_;
    const char* what_;
    base::Stopwatch stopwatch_;
  };

  std::string command_, salt_, folder_;
  config::BackfillOptions options_;
  run::Environment environment_;
  const Interrupt& interrupt_;
  report::BackfillLog log_;
  report::PerformanceLog performance_;
  Target target_;
  std::shared_ptr<CacheProvider> cache_;
};

/// This process's variables with those of .env, which it gets, too: everything that asks for variables sees
/// them. To be called before any thread starts.
run::Environment take_variables(const std::string& folder, std::vector<std::string>& warnings) {
  run::Environment environment = run::Environment::of_process();
  config::load_dotenv(folder, environment, warnings);
  for (const std::string& variable : environment.list()) {
    const std::size_t equals = variable.find('=');
    ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 0);
  }
  return environment;
}

}  // namespace

Result<int> backfill(const BackfillCommand& command) {
  STILLAGE_ASSIGN(const std::string folder, os::real_path(command.folder.empty() ? "." : command.folder));
  std::vector<std::string> warnings;
  const run::Environment environment = take_variables(folder, warnings);
  const Interrupt interrupt;
  config::LogThreshold level = base::LogLevel::info;
  const auto former_sink = base::set_log_sink(
      [&level](base::LogLevel of, std::string_view message) { log_of(level).say(of, message); });
  const auto perform = [&]() -> Status {
    STILLAGE_ASSIGN(config::BackfillOptions options,
                    config::read_backfill_options(folder, environment, warnings));
    STILLAGE_TRY(lay_over(command, options));
    level = options.log_level;
    for (const std::string& warning : warnings) log_of(level).warn(warning);
    return BackfillRun(command, folder, std::move(options), environment, interrupt).perform(command.audit);
  };
  const Status done = perform();
  if (!done) log_of(level).error(done.error().message);
  base::set_log_sink(former_sink);
  if (interrupt.token().stop_requested()) return interrupt.exit_code();
  return done ? 0 : 1;
}

}  // namespace stillage::cli
