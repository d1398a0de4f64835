// SPDX-License-Identifier: MIT
#include "glob/tree_task.h"

#include <algorithm>

#include "base/strings.h"
#include "glob/brace_expansion.h"
#include "glob/glob_shape.h"
#include "glob/units.h"

namespace stillage::glob {
namespace {

bool is_negative(std::string_view glob) {
  return glob.substr(0, 1) == "!" && glob.substr(1, 1) != "(";
}

std::string_view without_dot_segment(std::string_view path) {
  const bool dotted = path.size() > 1 && path[0] == '.' && (path[1] == '/' || path[1] == '\\');
  return dotted ? path.substr(2) : path;
}

bool any_match(const std::vector<Pattern>& patterns, std::string_view path) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const Pattern& pattern) { return pattern.matches_expression(path); });
}

/// Expands braces and tidies slashes.
Result<std::vector<std::string>> expand(const std::vector<std::string>& globs) {
  std::vector<std::string> expanded;
  for (const std::string& glob : globs) {
    auto results = expand_braces(to_units(glob));
    if (!results) return fail_in("pattern '" + base::printable(glob) + "'", results.error());
    for (const auto& result : *results) expanded.push_back(without_double_slashes(to_bytes(result)));
  }
  return expanded;
}

/// fast-glob's base folders, with its quirk that one glob at "." takes all others along.
struct Group {
  std::string base;
  std::vector<std::string> globs;
};

void add_groups(std::vector<Group>& groups, const std::vector<std::string>& globs, bool merge_at_root) {
  std::vector<Group> own;
  for (const std::string& glob : globs) {
    const std::string base = base_folder(glob);
    const auto known =
        std::find_if(own.begin(), own.end(), [&](const Group& group) { return group.base == base; });
    if (known == own.end())
      own.push_back({base, {glob}});
    else
      known->globs.push_back(glob);
  }
  const bool at_root =
      std::any_of(own.begin(), own.end(), [](const Group& group) { return group.base == "."; });
  if (merge_at_root && at_root) own = {{".", globs}};
  groups.insert(groups.end(), own.begin(), own.end());
}

std::vector<Group> group_by_base(const std::vector<std::string>& globs) {
  std::vector<std::string> outside;
  std::vector<std::string> inside;
  for (const std::string& glob : globs) {
    const bool leaves = glob.substr(0, 2) == ".." || glob.substr(0, 4) == "./..";
    (leaves ? outside : inside).push_back(glob);
  }
  std::vector<Group> groups;
  add_groups(groups, outside, false);
  add_groups(groups, inside, true);
  return groups;
}

Status compile_into(std::vector<Pattern>& patterns, const std::string& glob, bool dot) {
  STILLAGE_ASSIGN(Pattern pattern, Pattern::compile(glob, {dot, true, LineEnds::refuse}));
  patterns.push_back(std::move(pattern));
  return {};
}

}  // namespace

Result<std::vector<TreeTask>> TreeTask::plan(const std::string& glob, const std::vector<std::string>& ignored,
                                             bool dot) {
  STILLAGE_ASSIGN(const std::vector<std::string> globs, expand({glob}));
  STILLAGE_ASSIGN(const std::vector<std::string> expanded_ignored, expand(ignored));
  std::vector<std::string> negative;
  std::vector<std::string> fixed;
  std::vector<std::string> dynamic;
  for (const std::string& one : globs) {
    if (is_negative(one))
      negative.push_back(one.substr(1));
    else
      (glob::is_dynamic(one) ? dynamic : fixed).push_back(one);
  }
  for (const std::string& one : expanded_ignored) negative.push_back(is_negative(one) ? one.substr(1) : one);

  TreeTask common;
  for (const std::string& one : negative) {
    if (one.empty()) return fail(ErrorKind::invalid, "pattern '!': there is nothing to ignore in it");
    STILLAGE_TRY(compile_into(one[0] == '/' ? common.ignored_absolute_ : common.ignored_, one, true));
    if (stops_descent(one)) STILLAGE_TRY(compile_into(common.not_entered_, one, dot));
  }
  std::vector<TreeTask> tasks;
  const auto add = [&](const std::vector<std::string>& list, bool is_dynamic_list) -> Status {
    for (Group& group : group_by_base(list)) {
      TreeTask task = common;
      task.dynamic_ = is_dynamic_list;
      task.base_ = std::move(group.base);
      task.positive_ = std::move(group.globs);
      for (const std::string& one : task.positive_) {
        STILLAGE_TRY(compile_into(task.matched_, one, dot));
        if (!is_dynamic_list) continue;
        Route route;
        for (std::string& text : scan_segments(one)) {
          Segment segment;
          segment.dynamic = glob::is_dynamic(text);
          if (segment.dynamic) {
            STILLAGE_ASSIGN(segment.pattern, Pattern::compile(text, {dot, true, LineEnds::refuse}));
          }
          route.has_globstar |= segment.dynamic && text.find("**") != std::string::npos;
          if (!route.has_globstar) ++route.certain;
          segment.text = std::move(text);
          route.segments.push_back(std::move(segment));
        }
        task.routes_.push_back(std::move(route));
      }
      tasks.push_back(std::move(task));
    }
    return {};
  };
  STILLAGE_TRY(add(fixed, false));
  STILLAGE_TRY(add(dynamic, true));
  return tasks;
}

bool TreeTask::accepts(std::string_view path, std::string_view absolute) const {
  const std::string_view plain = without_dot_segment(path);
  if (!any_match(matched_, plain) || any_match(ignored_, plain)) return false;
  return ignored_absolute_.empty() || !any_match(ignored_absolute_, absolute);
}

bool TreeTask::leads_on(const Route& route, const std::vector<std::string_view>& names) const {
  if (!route.has_globstar && route.segments.size() <= names.size()) return false;
  if (route.has_globstar && names.size() > route.certain) return true;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Segment& segment = route.segments[i];
    const bool fits =
        segment.dynamic ? segment.pattern.matches_expression(names[i]) : segment.text == names[i];
    if (!fits) return false;
  }
  return true;
}

bool TreeTask::enters(std::string_view path) const {
  const std::string_view plain = without_dot_segment(path);
  const auto names = base::split(plain, '/');
  const bool wanted =
      std::any_of(routes_.begin(), routes_.end(), [&](const Route& route) { return leads_on(route, names); });
  return wanted && !any_match(not_entered_, plain);
}

}  // namespace stillage::glob
