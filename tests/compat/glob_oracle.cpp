// SPDX-License-Identifier: MIT
// Answers one JSON line for each on stdin: {"patterns","dot","files"} with the indices of the files that a
// micromatch list selects, {"patterns","dot","root"} with what globby finds there, or {"error"}.
#include <iostream>
#include <string>

#include "base/json.h"
#include "glob/find_files.h"
#include "glob/pattern_list.h"

namespace {

using namespace stillage;

base::Json answer(const base::Json& asked) {
  const auto patterns = asked.at("patterns").get<std::vector<std::string>>();
  const bool dot = asked.at("dot").get<bool>();
  if (asked.contains("root")) {
    const auto found = glob::find_files(asked.at("root").get<std::string>(), patterns, {dot});
    return found ? base::Json(*found) : base::Json{{"error", found.error().message}};
  }
  const auto list = glob::PatternList::compile(patterns, {dot}, glob::OnlyNegated::everything);
  if (!list) return {{"error", list.error().message}};
  base::Json matched = base::Json::array();
  std::size_t index = 0;
  for (const auto& file : asked.at("files")) {
    if (list->matches(file.get<std::string>())) matched.push_back(index);
    ++index;
  }
  return matched;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto asked = base::parse_json(line, "stdin");
    if (!asked) {
      std::cerr << asked.error().message << '\n';
      return 1;
    }
    std::cout << base::to_text(answer(*asked)) << '\n';
  }
}
