// SPDX-License-Identifier: MIT
#include "glob/repeated_groups.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "glob/regex_pieces.h"
#include "glob/units.h"

namespace stillage::glob {
namespace {

bool contains(std::u16string_view set, char16_t unit) {
  return set.find(unit) != std::u16string_view::npos;
}

/// Follows escapes, "quotes" and [brackets], which hide what they hold.
class Visibility {
 public:
  /// Whether `unit`, the next one, is visible and not itself part of such a construct.
  bool sees(char16_t unit) {
    if (escaped_) {
      escaped_ = false;
      return false;
    }
    if (unit == '\\') {
      escaped_ = true;
      return false;
    }
    if (unit == '"') {
      quoted_ = !quoted_;
      return false;
    }
    if (quoted_) return false;
    if (unit == '[') {
      ++brackets_;
      return false;
    }
    if (unit == ']' && brackets_ > 0) {
      --brackets_;
      return false;
    }
    return brackets_ == 0;
  }

 private:
  bool escaped_ = false;
  bool quoted_ = false;
  int brackets_ = 0;
};

/// The trimmed alternatives of a group.
std::vector<std::u16string_view> split_branches(std::u16string_view body) {
  std::vector<std::u16string_view> branches;
  Visibility visibility;
  int parens = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (!visibility.sees(body[i])) continue;
    if (body[i] == '(') ++parens;
    if (body[i] == ')' && parens > 0) --parens;
    if (body[i] != '|' || parens > 0) continue;
    branches.push_back(trim(body.substr(start, i - start)));
    start = i + 1;
  }
  branches.push_back(trim(body.substr(start)));
  return branches;
}

/// If `text` begins with +(...) or *(...): the length of that.
std::optional<std::size_t> repeated_group_length(std::u16string_view text) {
  if (text.size() < 2 || (text[0] != '+' && text[0] != '*') || text[1] != '(') return std::nullopt;
  Visibility visibility;
  int parens = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (!visibility.sees(text[i])) continue;
    if (text[i] == '(') ++parens;
    if (text[i] == ')' && --parens == 0) return i + 1;
  }
  return std::nullopt;
}

/// The text that a branch stands for, out of @(...) and without backslashes, if it has no magic.
std::optional<std::u16string> plain_branch(std::u16string_view branch) {
  std::u16string_view text = trim(branch);
  while (text.size() > 3 && text.substr(0, 2) == u"@(" && text.back() == ')' &&
         text.substr(2, text.size() - 3).find_first_of(u"\\()[]{}|") == std::u16string_view::npos)
    text = text.substr(2, text.size() - 3);
  std::u16string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      if (i + 1 < text.size() && !is_line_end(text[i + 1])) {
        plain += text[++i];
      } else {
        plain += text[i];
        if (i + 1 < text.size()) plain += text[++i];
      }
    } else if (contains(u"?*+@!()[]{}", text[i])) {
      return std::nullopt;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// Two branches that are runs of the same character: a|aa.
bool have_overlapping_runs(const std::vector<std::u16string_view>& branches) {
  std::unordered_set<char16_t> seen;
  for (const auto branch : branches) {
    const auto plain = plain_branch(branch);
    if (!plain || plain->empty()) continue;
    const char16_t unit = plain->front();
    const bool is_run = plain->find_first_not_of(unit) == std::u16string::npos;
    if (is_run && !seen.insert(unit).second) return true;
  }
  return false;
}

/// The expression of *(a)*(b)… over single characters; nothing for anything else.
std::optional<std::u16string> star_sequence(std::u16string_view branch) {
  std::u16string units;
  while (!branch.empty()) {
    const auto length = repeated_group_length(branch);
    if (!length || branch[0] != '*') return std::nullopt;
    const auto inner = split_branches(branch.substr(2, *length - 3));
    if (inner.size() != 1) return std::nullopt;
    const auto plain = plain_branch(inner.front());
    if (!plain || plain->size() != 1) return std::nullopt;
    units += *plain;
    branch.remove_prefix(*length);
  }
  if (units.empty()) return std::nullopt;
  const std::u16string escaped = escape_regex(units);
  return units.size() == 1 ? escaped + u"*" : concat(u"[", escaped, u"]*");
}

}  // namespace

std::optional<RiskyGroup> find_risk(std::u16string_view body) {
  const auto branches = split_branches(body);
  if (branches.size() > 1) {
    const bool has_empty_or_wild =
        std::any_of(branches.begin(), branches.end(), [](std::u16string_view branch) {
          return branch.find_first_not_of(u"*?") == std::u16string_view::npos;
        });
    if (has_empty_or_wild || have_overlapping_runs(branches)) return RiskyGroup{};
  }
  for (const auto branch : branches) {
    if (auto sequence = star_sequence(branch)) return RiskyGroup{std::move(sequence)};
    if (repeated_group_length(branch) == branch.size()) return RiskyGroup{};
  }
  return std::nullopt;
}

}  // namespace stillage::glob
