// SPDX-License-Identifier: MIT
#include "backfill_line.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "stillage/version.h"

namespace stillage::cli {
namespace {

constexpr const char* kHelp =
    "Runs the command of a package, or brings back what it made before.\n"
    "\n"
    "Usage: backfill [--audit] -- COMMAND\n"
    "\n"
    "Options:\n"
    "      --audit    Warn of changed files that the cache would not bring back\n"
    "  -h, --help     Print this help\n"
    "      --version  Print the version\n"
    "\n"
    "Everything else is configured in backfill.config.js and by BACKFILL_* variables.\n";

/// "-", "-1" and the like are no options.
bool is_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9') && word[1] != '.';
}

}  // namespace

Result<Command> parse_backfill_line(const std::vector<std::string>& words) {
  BackfillCommand command;
  command.salt = base::join(words, " ");
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      command.words.insert(command.words.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                           words.end());
      break;
    }
    if (word == "--help" || word == "-h") return PrintCommand{kHelp, 0};
    if (word == "--version") return PrintCommand{std::string("stillage ") + version() + ", as backfill\n", 0};
    if (word == "--audit" || word == "--audit=true") {
      command.audit = true;
    } else if (word == "--no-audit" || word == "--audit=false") {
      command.audit = false;
    } else if (is_option(word)) {
      return fail(ErrorKind::invalid,
                  fmt::format("unknown option {}; options of the command itself follow after `--`\n\n{}",
                              base::printable(word), kHelp));
    } else {
      command.words.push_back(word);
    }
  }
  return command;
}

Result<BackfillCommand> as_backfill(const ExecCommand& command) {
  for (const auto& [option, values] :
       {std::pair("--inputs", &command.inputs), std::pair("--env", &command.env)})
    if (!values->empty())
      return fail(
          ErrorKind::invalid,
          fmt::format("{} has no meaning in compat mode: there the key is made of all files of the package "
                      "and of those it depends on, and of nothing else",
                      option));
  BackfillCommand backfill;
  backfill.words = command.command;
  backfill.salt = (command.audit ? "--audit " : "") + base::join(command.typed, " ");
  backfill.audit = command.audit;
  backfill.folder = command.folder;
  backfill.verbose = command.verbose;
  if (!command.outputs.empty()) backfill.outputs = command.outputs;
  if (command.reset_cache) backfill.mode = CacheMode::write_only;
  if (command.no_cache) backfill.mode = CacheMode::pass;
  return backfill;
}

}  // namespace stillage::cli
