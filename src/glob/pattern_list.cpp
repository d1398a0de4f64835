// SPDX-License-Identifier: MIT
#include "glob/pattern_list.h"

#include <algorithm>

#include "base/strings.h"
#include "os/path.h"

namespace stillage::glob {
namespace {

/// The pattern of one native entry, which has no '!' and no "./" in front.
Result<Pattern> compile_native_entry(std::string_view entry) {
  const auto refuse = [&](const char* why) {
    return fail(ErrorKind::invalid, "pattern '" + base::printable(entry) + "': " + why);
  };
  if (entry.empty()) return refuse("it is empty");
  if (entry.front() == '/') return refuse("it is absolute; patterns are relative to their folder");
  const MatchOptions options{true, true, LineEnds::allow};
  const auto literal = literal_path(entry);
  if (!literal) {
    if (entry.substr(0, 3) == "../") return refuse("it leaves its folder");
    return Pattern::compile(entry.back() == '/' ? std::string(entry) + "**" : std::string(entry), options);
  }
  std::string path = os::normalise_path(*literal);
  if (path == ".." || path.substr(0, 3) == "../") return refuse("it leaves its folder");
  if (path.empty()) return Pattern::compile("**", options);
  return Pattern::everything_at(std::move(path));
}

}  // namespace

Result<PatternList> PatternList::compile(const std::vector<std::string>& patterns, MatchOptions options,
                                         OnlyNegated only_negated) {
  PatternList list;
  list.starts_in_ = only_negated == OnlyNegated::everything && !patterns.empty();
  list.entries_.reserve(patterns.size());
  for (const std::string& text : patterns) {
    STILLAGE_ASSIGN(Pattern pattern, Pattern::compile(text, options));
    const bool takes_away = pattern.is_negated() || pattern.is_negated_extglob();
    if (!takes_away) list.starts_in_ = false;
    list.entries_.push_back({std::move(pattern), takes_away, takes_away});
  }
  return list;
}

bool PatternList::matches(std::string_view path) const {
  if (path.empty()) return false;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->pattern.matches(path) != entry->inverted) return !entry->takes_away;
  }
  return starts_in_;
}

bool PatternList::may_match_below(std::string_view dir) const {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (!entry->takes_away && entry->pattern.may_match_below(dir)) return true;
    // Of an inverted !(...) it is not known; of an inverted '!' covers_below() speaks of the rest of the
    // glob.
    const bool known = entry->takes_away && !entry->pattern.is_negated_extglob() && !dir.empty();
    if (known && entry->pattern.covers_below(dir)) return false;
  }
  return starts_in_;
}

bool PatternList::names(std::string_view name) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return !entry.takes_away && entry.pattern.has_segment(name);
  });
}

Result<PatternList> compile_native(const std::vector<std::string>& patterns) {
  PatternList list;
  for (const std::string& text : patterns) {
    std::string_view entry = text;
    bool takes_away = false;
    while (entry.substr(0, 1) == "!" && entry.substr(1, 1) != "(") {
      entry.remove_prefix(1);
      takes_away = !takes_away;
    }
    while (entry.substr(0, 2) == "./" && entry.size() > 2) entry.remove_prefix(2);
    STILLAGE_ASSIGN(Pattern pattern, compile_native_entry(entry));
    list.entries_.push_back({std::move(pattern), takes_away, false});
  }
  return list;
}

}  // namespace stillage::glob
