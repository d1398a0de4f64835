// SPDX-License-Identifier: MIT
#include "git/attributes.h"

#include <algorithm>
#include <array>

namespace stillage::git {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find_first_of(kBlank), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(line.find_first_not_of(kBlank, end), line.size()));
  return word;
}

/// Whether one of the attributes turns a conversion on. `-text` and `!text` don't.
bool sets_conversion(std::string_view attributes) {
  constexpr std::array<std::string_view, 6> kConverting{"text",   "eol",   "crlf",
                                                        "filter", "ident", "working-tree-encoding"};
  while (!attributes.empty()) {
    const std::string_view word = take_word(attributes);
    const std::string_view name = word.substr(0, word.find('='));
    if (std::find(kConverting.begin(), kConverting.end(), name) != kConverting.end()) return true;
  }
  return false;
}

}  // namespace

ConversionRules::ConversionRules(std::string_view content, LetterCase letter_case) {
  if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
  while (!content.empty()) {
    const std::size_t newline = std::min(content.find('\n'), content.size());
    std::string_view line = content.substr(0, newline);
    content.remove_prefix(std::min(newline + 1, content.size()));
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with('"') || line.starts_with("[attr]")) {
      // A quoted pattern may hold blanks, and a macro may be used anywhere: not worth a finer answer.
      if (sets_conversion(line)) any_path_ = true;
      continue;
    }
    const std::string_view pattern = take_word(line);
    if (!pattern.starts_with('!') && sets_conversion(line)) patterns_.emplace_back(pattern, letter_case);
  }
}

ConversionRules ConversionRules::any_path() {
  ConversionRules rules;
  rules.any_path_ = true;
  return rules;
}

bool ConversionRules::may_convert(std::string_view path) const {
  if (any_path_) return true;
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const PathPattern& pattern) {
    return pattern.matches(path, os::FileKind::regular);
  });
}

}  // namespace stillage::git
