// SPDX-License-Identifier: MIT
#include "git/path_pattern.h"

#include <algorithm>

#include "os/path.h"

namespace stillage::git {
namespace {

constexpr std::string_view kSpecial = "*?[\\";
constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";

std::string_view without_trailing_spaces(std::string_view line) {
  std::size_t end = 0;  // behind the last byte that counts
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') continue;
    // A backslash keeps the space behind it; one at the very end keeps all the spaces before it.
    if (line[i] == '\\' && ++i == line.size()) return line;
    end = i + 1;
  }
  return line.substr(0, end);
}

}  // namespace

PathPattern::PathPattern(std::string_view text, LetterCase letter_case) : letter_case_(letter_case) {
  if (text.starts_with('!')) {
    negated_ = true;
    text.remove_prefix(1);
  }
  if (text.ends_with('/')) {
    directory_only_ = true;
    text.remove_suffix(1);
  }
  name_only_ = text.find('/') == std::string_view::npos;
  if (text.starts_with('/')) text.remove_prefix(1);
  const std::size_t special = std::min(text.find_first_of(kSpecial), text.size());
  if (name_only_ && text.starts_with('*') && text.find_first_of(kSpecial, 1) == std::string_view::npos) {
    any_prefix_ = true;
    literal_ = text.substr(1);
  } else if (name_only_ && special < text.size()) {
    wildcard_.emplace(text, letter_case);
  } else {
    // The wildcard starts afresh behind the literal part, so that `foo**/bar` has a `**` with a slash on its
    // right and nothing on its left: as git reads it.
    literal_ = text.substr(0, special);
    if (special < text.size()) wildcard_.emplace(text.substr(special), letter_case);
  }
}

bool PathPattern::matches(std::string_view path, os::FileKind kind) const {
  if (directory_only_ && kind != os::FileKind::directory) return false;
  if (name_only_) {
    const std::string_view name = os::file_name(path);
    if (wildcard_) return wildcard_->matches(name);
    if (name.size() < literal_.size()) return false;
    if (any_prefix_) return equal_text(name.substr(name.size() - literal_.size()), literal_, letter_case_);
    return equal_text(name, literal_, letter_case_);
  }
  if (path.size() < literal_.size() || !equal_text(path.substr(0, literal_.size()), literal_, letter_case_))
    return false;
  path.remove_prefix(literal_.size());
  return wildcard_ ? wildcard_->matches(path) : path.empty();
}

IgnoreList::IgnoreList(std::string_view content, LetterCase letter_case) {
  if (content.starts_with(kUtf8Mark)) content.remove_prefix(kUtf8Mark.size());
  while (!content.empty()) {
    const std::size_t newline = std::min(content.find('\n'), content.size());
    std::string_view line = content.substr(0, newline);
    content.remove_prefix(std::min(newline + 1, content.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = line.substr(0, line.find('\0'));
    if (line.starts_with('#')) continue;
    line = without_trailing_spaces(line);
    if (!line.empty()) patterns_.emplace_back(line, letter_case);
  }
}

Verdict IgnoreList::decide(std::string_view path, os::FileKind kind) const {
  for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern)
    if (pattern->matches(path, kind)) return pattern->negated() ? Verdict::included : Verdict::ignored;
  return Verdict::undecided;
}

}  // namespace stillage::git
