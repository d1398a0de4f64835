// SPDX-License-Identifier: MIT
#include "run/output_overlap.h"

#include "base/strings.h"
#include "os/path.h"

namespace stillage::run {
namespace {

/// The leading segments of a glob in which nothing is magic.
std::string literal_start(std::string_view glob) {
  std::string start;
  for (const std::string_view segment : base::split(glob, '/')) {
    if (segment.find_first_of("*?[]{}()!+@|\\") != std::string_view::npos) break;
    if (segment != "." && !segment.empty()) start = os::join_path(start, segment);
  }
  return start;
}

}  // namespace

std::vector<std::string> output_places(const Target& target) {
  static const std::vector<std::string> undeclared = {"dist/**", "lib/**", "build/**", "out/**"};
  std::vector<std::string> places;
  // What is not cached is not taken apart either: it may go on for ever, as a dev server does.
  if (!target.cache) return places;
  for (const std::string& glob : target.outputs ? *target.outputs : undeclared) {
    const bool takes_away = glob.starts_with('!') && !glob.starts_with("!(");
    if (!takes_away) places.push_back(os::join_path(target.cwd, literal_start(glob)));
  }
  return places;
}

bool may_overlap(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (const std::string& one : a)
    for (const std::string& other : b)
      if (os::path_below(one, other) || os::path_below(other, one)) return true;
  return false;
}

}  // namespace stillage::run
