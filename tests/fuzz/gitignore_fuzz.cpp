// SPDX-License-Identifier: MIT
// Files of patterns and of configuration, on any bytes: a first byte for the letter case, a path up to the
// first line break, then the file. No input may take long or need much memory.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "git/attributes.h"
#include "git/config_file.h"
#include "git/path_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace stillage;
  if (size == 0) return 0;
  const auto letter_case = (data[0] & 1) != 0 ? git::LetterCase::fold : git::LetterCase::exact;
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t newline = std::min(text.find('\n'), text.size());
  const std::string_view path = text.substr(0, newline);
  text.remove_prefix(std::min(newline + 1, text.size()));

  const git::IgnoreList list(text, letter_case);
  const git::Verdict as_dir = list.decide(path, os::FileKind::directory);
  const git::Verdict as_file = list.decide(path, os::FileKind::regular);
  // A pattern that matches a file matches a folder of that name as well.
  if (as_dir == git::Verdict::undecided && as_file != git::Verdict::undecided) std::abort();
  (void)git::ConversionRules(text, letter_case).may_convert(path);
  if (const auto variables = git::parse_config(text, "input")) {
    for (const git::ConfigVariable& variable : *variables) {
      if (variable.name.find('.') == std::string::npos) std::abort();
      (void)git::config_bool(variable);
      if (variable.value) (void)git::config_path(*variable.value, "/home/user");
    }
  }
  return 0;
}
