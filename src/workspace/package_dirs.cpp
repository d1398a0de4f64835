// SPDX-License-Identifier: MIT
#include "workspace/package_dirs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "workspace/dir_pattern.h"

namespace stillage::workspace {
namespace {

constexpr std::size_t kDeepestFolder = 100;

/// How far into one pattern the walk has come.
struct Progress {
  std::uint32_t pattern;
  std::uint32_t segment;
  auto operator<=>(const Progress&) const = default;
};

bool never_entered(std::string_view name) {
  return name == "node_modules" || name == "__fixtures__";
}

class DirWalk {
 public:
  DirWalk(const std::string& root, const std::vector<DirPattern>& patterns)
      : root_(root), patterns_(patterns) {}

  Status run() {
    std::vector<Progress> start;
    for (std::uint32_t i = 0; i < patterns_.size(); ++i) start.push_back({i, 0});
    return visit("", std::move(start));
  }

  std::vector<std::string> found;

 private:
  const DirSegment& segment(const Progress& at) const { return patterns_[at.pattern].segments[at.segment]; }
  bool at_end(const Progress& at) const { return at.segment == patterns_[at.pattern].segments.size(); }

  Status visit(const std::string& dir, std::vector<Progress> states) {
    for (std::size_t i = 0; i < states.size(); ++i)
      if (!at_end(states[i]) && segment(states[i]).deep)
        states.push_back({states[i].pattern, states[i].segment + 1});
    std::sort(states.begin(), states.end());
    states.erase(std::unique(states.begin(), states.end()), states.end());
    if (std::any_of(states.begin(), states.end(), [&](const auto& state) { return at_end(state); }))
      found.push_back(dir);
    std::erase_if(states, [&](const auto& state) { return at_end(state); });
    if (states.empty() || depth_ >= kDeepestFolder) return {};
    if (std::any_of(states.begin(), states.end(),
                    [&](const auto& state) { return !segment(state).is_literal(); }))
      return visit_all(dir, states);
    std::vector<std::string> names;
    for (const auto& state : states) names.push_back(segment(state).text);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    for (const auto& name : names) STILLAGE_TRY(descend(dir, name, states));
    return {};
  }

  Status visit_all(const std::string& dir, const std::vector<Progress>& states) {
    const std::string path = os::join_path(root_, dir);
    if (!os::is_directory(path)) return {};
    STILLAGE_ASSIGN(const auto entries, os::list_dir(path));
    for (const auto& entry : entries) {
      if (entry.kind == os::FileKind::directory) {
        STILLAGE_TRY(descend(dir, entry.name, states));
      } else if (entry.kind == os::FileKind::symlink) {
        STILLAGE_TRY(descend_link(dir, entry.name, states));
      }
    }
    return {};
  }

  Status descend(const std::string& dir, const std::string& name, const std::vector<Progress>& states) {
    if (never_entered(name)) return {};
    std::vector<Progress> next;
    for (const auto& state : states) {
      const auto& pattern = segment(state);
      if (pattern.deep) {
        if (!name.starts_with('.')) next.push_back(state);
      } else if (pattern.matches(name)) {
        next.push_back({state.pattern, state.segment + 1});
      }
    }
    if (next.empty()) return {};
    ++depth_;
    const auto status = visit(os::join_path(dir, name), std::move(next));
    --depth_;
    return status;
  }

  /// A link back to a folder that the walk is in would never end; one that leads out of the root is followed
  /// only where a name or "*" matches it, so that "**" doesn't wander over the whole disk.
  Status descend_link(const std::string& dir, const std::string& name, const std::vector<Progress>& states) {
    const std::string target = os::join_path(root_, os::join_path(dir, name));
    const auto stat = os::stat_path(target, os::Links::follow).value_or(std::nullopt);
    if (!stat || !stat->is_directory()) return {};
    for (std::string_view above = dir;; above = os::parent_path(above)) {
      const auto other = os::stat_path(os::join_path(root_, above), os::Links::follow).value_or(std::nullopt);
      if (other && other->device == stat->device && other->inode == stat->inode) return {};
      if (above.empty()) break;
    }
    const auto real = os::real_path(target);
    if (real && os::path_below(*real, root_)) return descend(dir, name, states);
    std::vector<Progress> shallow = states;
    std::erase_if(shallow, [&](const auto& state) { return segment(state).deep; });
    return descend(dir, name, shallow);
  }

  const std::string& root_;
  const std::vector<DirPattern>& patterns_;
  std::size_t depth_ = 0;
};

}  // namespace

Result<std::vector<std::string>> candidate_dirs(const std::string& root,
                                                const std::vector<std::string>& patterns,
                                                std::vector<std::string>& warnings) {
  std::vector<DirPattern> wanted;
  std::vector<DirPattern> unwanted;
  for (const auto& text : patterns) {
    const bool negated = text.starts_with('!');
    auto compiled = compile_dir_pattern(negated ? std::string_view(text).substr(1) : text);
    if (!compiled) {
      warnings.push_back(
          fmt::format("the workspace pattern \"{}\" leads out of {} or is too wide, and is left out",
                      base::printable(std::string_view(text).substr(0, 100)), root));
      continue;
    }
    auto& list = negated ? unwanted : wanted;
    for (auto& one : *compiled) list.push_back(std::move(one));
  }
  DirWalk walk(root, wanted);
  STILLAGE_TRY(walk.run());
  std::vector<std::string> found = std::move(walk.found);
  std::erase_if(found, [&](const auto& dir) {
    return std::any_of(unwanted.begin(), unwanted.end(), [&](const auto& one) { return one.matches(dir); });
  });
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace stillage::workspace
