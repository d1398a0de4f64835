// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "base/strings.h"
#include "commands.h"

namespace stillage::cli {
namespace {

std::string top_level_names(const std::vector<CommandWords>& commands) {
  std::vector<std::string> names;
  for (const CommandWords& command : commands)
    if (command.name.find(' ') == std::string::npos) names.push_back(command.name);
  return base::join(names, " ");
}

std::string option_names(const CommandWords& command) {
  std::vector<std::string> names;
  for (const auto& [name, description] : command.options) names.push_back(name);
  return base::join(names, " ");
}

/// The verbs of a command, such as those of `cache`.
std::string verb_names(const std::vector<CommandWords>& commands, const std::string& command) {
  std::vector<std::string> names;
  for (const CommandWords& other : commands)
    if (other.name.starts_with(command + " ")) names.push_back(other.name.substr(command.size() + 1));
  return base::join(names, " ");
}

/// Script names of the nearest package.json, which is what users mostly want after `run`.
constexpr const char* kTaskFunction =
    "_stillage_tasks() {\n"
    "  node -p 'Object.keys(require(process.cwd()+\"/package.json\").scripts||{}).join(\"\\n\")' "
    "2>/dev/null\n"
    "}\n";

std::string bash_script(const std::vector<CommandWords>& commands) {
  std::string cases;
  for (const CommandWords& command : commands) {
    if (command.name.find(' ') != std::string::npos) continue;
    cases += fmt::format("    {}) words=\"{} {}\" ;;\n", command.name, option_names(command),
                         verb_names(commands, command.name));
  }
  return fmt::format(
      "# bash completion for stillage; source it, or put it into your bash-completion folder\n"
      "{}"
      "_stillage() {{\n"
      "  local words=\"\" current=\"${{COMP_WORDS[COMP_CWORD]}}\"\n"
      "  case \"${{COMP_WORDS[1]}}\" in\n{}"
      "    *) words=\"{}\" ;;\n"
      "  esac\n"
      "  case \"$current\" in -*) ;; *) words=\"$words $(_stillage_tasks)\" ;; esac\n"
      "  [ \"$COMP_CWORD\" = 1 ] && words=\"{} $(_stillage_tasks)\"\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}}\n"
      "complete -F _stillage stillage\n",
      kTaskFunction, cases, option_names(commands.front()), top_level_names(commands));
}

std::string quoted_for_shell(std::string_view text) {
  return "'" + base::replace_all(text, "'", "'\\''") + "'";
}

std::string zsh_script(const std::vector<CommandWords>& commands) {
  std::string cases;
  for (const CommandWords& command : commands) {
    if (command.name.find(' ') != std::string::npos) continue;
    cases += fmt::format("    {}) choices=({} {}) ;;\n", command.name, option_names(command),
                         verb_names(commands, command.name));
  }
  return fmt::format(
      "#compdef stillage\n"
      "# zsh completion for stillage; put it into a folder of $fpath as _stillage\n"
      "{}"
      "_stillage() {{\n"
      "  local -a choices\n"
      "  if (( CURRENT == 2 )); then\n"
      "    choices=({})\n"
      "  else\n"
      "    case \"$words[2]\" in\n{}"
      "    *) choices=({}) ;;\n"
      "    esac\n"
      "  fi\n"
      "  compadd -- $choices ${{(f)\"$(_stillage_tasks)\"}}\n"
      "}}\n"
      "compdef _stillage stillage\n",
      kTaskFunction, top_level_names(commands), cases, option_names(commands.front()));
}

std::string fish_script(const std::vector<CommandWords>& commands) {
  std::string script = "# fish completion for stillage; put it into ~/.config/fish/completions\n";
  for (const CommandWords& command : commands) {
    const std::size_t space = command.name.find(' ');
    if (space == std::string::npos) {
      script += fmt::format("complete -c stillage -f -n __fish_use_subcommand -a {} -d {}\n", command.name,
                            quoted_for_shell(command.summary));
    } else {
      script += fmt::format("complete -c stillage -f -n '__fish_seen_subcommand_from {}' -a {} -d {}\n",
                            command.name.substr(0, space), command.name.substr(space + 1),
                            quoted_for_shell(command.summary));
    }
    for (const auto& [name, description] : command.options)
      script +=
          fmt::format("complete -c stillage -n '__fish_seen_subcommand_from {}' -l {} -d {}\n  # {}\n",
                      command.name.substr(0, space), name.substr(2), quoted_for_shell(description), name);
  }
  return script;
}

}  // namespace

Result<int> completion(const CompletionCommand& command) {
  const auto commands = command_words();
  const std::string script = command.shell == "bash"  ? bash_script(commands)
                             : command.shell == "zsh" ? zsh_script(commands)
                                                      : fish_script(commands);
  fmt::print("{}", script);
  return 0;
}

}  // namespace stillage::cli
