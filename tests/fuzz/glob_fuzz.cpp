// SPDX-License-Identifier: MIT
// The first line is a glob, the rest a path. Whatever they are: no crash, and the promises between the
// functions of the room hold.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "glob/brace_expansion.h"
#include "glob/pattern_list.h"
#include "glob/tree_task.h"
#include "glob/units.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stillage::glob;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string glob(input.substr(0, line));
  const std::string_view path = input.substr(std::min(line + 1, input.size()));
  const std::string_view dir = path.substr(0, std::min(path.rfind('/'), path.size()));

  if (to_bytes(to_units(path)) != path) std::abort();
  const bool is_below = dir.size() + 1 < path.size();
  for (const MatchOptions options :
       {MatchOptions{true, false, LineEnds::refuse}, MatchOptions{false, true, LineEnds::refuse}}) {
    const auto pattern = Pattern::compile(glob, options);
    if (pattern && pattern->matches(path) && is_below && !pattern->may_match_below(dir)) std::abort();
  }
  const auto native = compile_native({glob});
  if (native && native->matches(path) && is_below && !native->may_match_below(dir)) std::abort();
  const auto inverse = compile_native({"**", "!" + glob});
  const bool plain_start = glob.find_first_of("!(") != 0;  // "!(" begins a group, not a negation
  if (native && inverse && plain_start && !path.empty() && native->matches(path) && inverse->matches(path))
    std::abort();

  (void)expand_braces(to_units(glob));
  const auto tasks =
      TreeTask::plan(glob.empty() ? "**" : glob, {"x/**", std::string(path.substr(0, 100))}, true);
  if (tasks)
    for (const TreeTask& task : *tasks) {
      (void)task.enters(path);
      (void)task.accepts(path, "/" + std::string(path));
    }
  return 0;
}
