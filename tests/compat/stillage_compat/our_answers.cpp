// SPDX-License-Identifier: MIT
#include "our_answers.h"

#include <array>

namespace stillage::compat {
namespace {

struct Choice {
  std::string_view error;  ///< a part of the original's text
  std::string_view behaviour;
};

constexpr std::array kChoices{
    Choice{"git ls-tree HEAD -r failed", "a repository without a commit, or no git at all"},
    Choice{"git hash-object --stdin-paths failed", "untracked links to nowhere and nested repositories"},
    Choice{"URI malformed", "names with control characters or bytes that are not UTF-8"},
    Choice{"in JSON at position", "names with control characters or bytes that are not UTF-8"},
    Choice{"Cannot read properties of undefined", "folders named as members of every JavaScript object"},
    Choice{"Cannot set properties of undefined", "folders named as members of every JavaScript object"},
    Choice{"Cannot convert undefined to a BigInt", "damaged manifests and names with line feeds"},
    Choice{"Cannot convert", "damaged manifests and names with line feeds"},
    Choice{"SIGABRT", "times before 1970"},
    Choice{"panicked", "times before 1970"},
    Choice{"ENOENT: no such file or directory, stat", "links to nowhere and backslashes in names"},
    Choice{"The \"path\" argument must be of type string",
           "dependencies named as members of every JavaScript object"},
    Choice{"targetDepHashes is not iterable", "a target without a list of dependencies"},
};

}  // namespace

std::optional<std::string_view> our_behaviour(std::string_view original_error) {
  for (const Choice& choice : kChoices)
    if (original_error.find(choice.error) != std::string_view::npos) return choice.behaviour;
  return std::nullopt;
}

}  // namespace stillage::compat
