// SPDX-License-Identifier: MIT
#include "hasher/input_patterns.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "hasher/package_layout.h"
#include "os/path.h"

namespace stillage::hasher {
namespace {

/// Surely without magic.
bool is_plain(std::string_view text) {
  return text.find_first_of("*?[]{}()\\") == std::string_view::npos;
}

/// An entry without its "!", its leading "./" and "../" and the literal folders that follow a "../".
struct Entry {
  bool negated = false;
  bool leaves = false;
  std::string base;  ///< relative to the root
  std::string pattern;
};

Result<Entry> parse_entry(const std::string& text, const std::string& dir) {
  Entry entry;
  std::string_view rest = text;
  entry.negated = takes_away(text);
  if (entry.negated) rest.remove_prefix(1);
  if (rest.starts_with('/'))
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\" is absolute; write it relative to the folder it belongs to", text));
  std::string_view base = dir;
  while (true) {
    if (rest == "." || rest == "..") {
      // Both name a folder, and a folder means all beneath it.
      const bool up = rest == "..";
      rest = {};
      if (!up) break;
    } else if (rest.starts_with("./")) {
      rest.remove_prefix(2);
      continue;
    } else if (rest.starts_with("../")) {
      rest.remove_prefix(3);
    } else {
      break;
    }
    entry.leaves = true;
    if (base.empty())
      return fail(ErrorKind::invalid, fmt::format("\"{}\" leads out of the repository", text));
    base = os::parent_path(base);
  }
  entry.base = base;
  if (entry.leaves)
    for (std::size_t slash = rest.find('/');
         slash != std::string_view::npos && is_plain(rest.substr(0, slash)); slash = rest.find('/')) {
      entry.base = os::join_path(entry.base, rest.substr(0, slash));
      rest.remove_prefix(slash + 1);
    }
  if (has_segment(rest, ".."))
    return fail(ErrorKind::invalid, fmt::format("\"{}\" has \"..\" elsewhere than at its start", text));
  entry.pattern = rest.empty() ? "**" : std::string(rest);
  return entry;
}

/// Without folders that lie inside others.
std::vector<std::string> outermost(std::vector<std::string> dirs) {
  const auto with_slash = [](const std::string& dir) { return dir.empty() ? dir : dir + "/"; };
  std::sort(dirs.begin(), dirs.end(),
            [&](const std::string& a, const std::string& b) { return with_slash(a) < with_slash(b); });
  std::vector<std::string> kept;
  for (std::string& dir : dirs)
    if (kept.empty() || !with_slash(dir).starts_with(with_slash(kept.back()))) kept.push_back(std::move(dir));
  return kept;
}

/// Whether `dir` is `other` or lies inside it.
bool is_within(std::string_view dir, std::string_view other) {
  return os::path_below(dir, other).has_value();
}

}  // namespace

Result<InputPatterns> InputPatterns::compile(const std::vector<std::string>& entries, const std::string& dir,
                                             PatternCache& cache) {
  std::vector<Entry> parsed;
  for (const std::string& text : entries) {
    STILLAGE_ASSIGN(Entry entry, parse_entry(text, dir));
    parsed.push_back(std::move(entry));
  }
  InputPatterns result;
  for (const Entry& entry : parsed) {
    if (entry.negated) continue;
    result.bases_.push_back(entry.base);
    if (const auto path = glob::literal_path(entry.pattern))
      result.literals_.push_back(os::join_path(entry.base, os::normalise_path(*path)));
  }
  result.bases_ = outermost(std::move(result.bases_));
  if (std::none_of(parsed.begin(), parsed.end(), [](const Entry& entry) { return entry.leaves; })) {
    std::vector<std::string> list;
    for (const Entry& entry : parsed) list.push_back((entry.negated ? "!" : "") + entry.pattern);
    STILLAGE_ASSIGN(SharedPatterns patterns, cache.compile(list));
    result.pieces_.push_back({dir, false, std::move(patterns)});
    return result;
  }
  for (Entry& entry : parsed) {
    STILLAGE_ASSIGN(SharedPatterns patterns, cache.compile({entry.pattern}));
    result.pieces_.push_back({std::move(entry.base), entry.negated, std::move(patterns)});
  }
  return result;
}

bool InputPatterns::matches(std::string_view path) const {
  for (auto piece = pieces_.rbegin(); piece != pieces_.rend(); ++piece) {
    const auto rest = os::path_below(path, piece->base);
    if (rest && !rest->empty() && piece->patterns->matches(*rest)) return !piece->negated;
  }
  return false;
}

bool InputPatterns::may_match_below(std::string_view dir) const {
  return std::any_of(pieces_.begin(), pieces_.end(), [dir](const Piece& piece) {
    if (piece.negated) return false;
    if (const auto rest = os::path_below(dir, piece.base); rest && !rest->empty())
      return piece.patterns->may_match_below(*rest);
    return is_within(piece.base, dir) || is_within(dir, piece.base);
  });
}

bool takes_away(std::string_view entry) {
  return entry.starts_with('!') && !entry.starts_with("!(");
}

SplitInputs split_inputs(const std::vector<std::string>& inputs) {
  SplitInputs split;
  for (const std::string& entry : inputs) {
    if (entry.starts_with('^'))
      split.of_dependencies.push_back(entry.substr(1));
    else if (entry.starts_with("!^"))
      split.of_dependencies.push_back("!" + entry.substr(2));
    else
      split.own.push_back(entry);
  }
  return split;
}

}  // namespace stillage::hasher
