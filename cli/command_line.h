// SPDX-License-Identifier: MIT
#pragma once
// What was typed, as a value. Parsing ends here: commands see only these structs.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "stillage/cache_options.h"
#include "stillage/result.h"

namespace stillage::cli {

/// Options of everything that selects targets.
struct SelectionOptions {
  std::vector<std::string> tasks;
  std::vector<std::string> scope;
  std::vector<std::string> to;
  bool no_deps = false;
  std::vector<std::string> args;  ///< what stood after "--"
};

struct RunCommand {
  SelectionOptions selection;
  std::optional<int> concurrency;
  bool continue_on_error = false;
  bool no_cache = false;
  bool reset_cache = false;
  bool force = false;
  bool dry_run = false;
  bool verbose = false;
  bool grouped = false;
  std::string summary_file;
  bool timings = false;
};

struct ExecCommand {
  std::vector<std::string> inputs, outputs, env;
  std::string folder;
  bool no_cache = false;
  bool reset_cache = false;
  bool verbose = false;
  bool audit = false;  ///< in compat mode only
  std::vector<std::string> command;
  std::vector<std::string> typed;  ///< the same as it was typed, its "--" included
};

/// Plain backfill: the program under the name `backfill`, or `exec` in compat mode.
struct BackfillCommand {
  std::vector<std::string> words;  ///< the command
  std::string salt;                ///< what was typed: it enters the key
  bool audit = false;
  // What only `exec` can say:
  std::string folder;
  std::optional<std::vector<std::string>> outputs;
  std::optional<CacheMode> mode;
  bool verbose = false;
};

struct HashCommand {
  SelectionOptions selection;
  bool json = false;
  bool timings = false;
};

struct WhyCommand {
  std::string target;
  std::vector<std::string> args;  ///< what stood after "--"
  bool json = false;
};

enum class CacheVerb { stats, ls, prune, clear, verify };

struct CacheCommand {
  CacheVerb verb = CacheVerb::stats;
  bool json = false;
  std::optional<std::uint64_t> max_size;  ///< bytes
  std::optional<int> days;
  bool remote = false;
  std::optional<std::string> zone;  ///< of the remote; nothing means all
  bool yes = false;                 ///< the remote may be cleared
  std::optional<std::size_t> sample;
};

/// `cache evict`.
struct EvictCommand {
  std::string what;  ///< a key, the beginning of one, or a target
  bool remote = false;
  std::optional<std::string> zone;
};

struct DoctorCommand {
  bool json = false;
  bool write = false;
  std::string zone;
};

/// `keys generate`.
struct KeysCommand {
  std::string algorithm = "ed25519";
  std::string id;    ///< empty: one is made up
  std::string file;  ///< empty: below the user's configuration
};

enum class WatchServiceVerb { start, stop, status };

struct WatchServiceCommand {
  WatchServiceVerb verb = WatchServiceVerb::status;
  bool in_foreground = false;
};

struct InitCommand {};

struct CompletionCommand {
  std::string shell;
};

/// Nothing to do but to print a text and end: help and version.
struct PrintCommand {
  std::string text;
  int exit_code = 0;
};

using Command = std::variant<RunCommand, ExecCommand, BackfillCommand, HashCommand, WhyCommand, CacheCommand,
                             EvictCommand, DoctorCommand, KeysCommand, WatchServiceCommand, InitCommand,
                             CompletionCommand, PrintCommand>;

struct CommandLine {
  Command command;
  std::string compat;  ///< "" unless --compat was given
};

/// Reads a command line, the program's name first: under the name `backfill`, it is that of plain backfill.
/// Errors (invalid) are for people and name the option.
Result<CommandLine> parse_command_line(std::vector<std::string> arguments);

/// A command and its long options, for shell completion.
struct CommandWords {
  std::string name, summary;
  std::vector<std::pair<std::string, std::string>> options;  ///< "--scope", description
};

/// All commands as parse_command_line knows them.
std::vector<CommandWords> command_words();

}  // namespace stillage::cli
