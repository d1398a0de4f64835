// SPDX-License-Identifier: MIT
#include "cache/target_outputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

const std::vector<std::string>& undeclared_globs() {
  static const std::vector<std::string> globs = {"dist/**", "lib/**", "build/**", "out/**"};
  return globs;
}

/// "!(a|b)" is no negation: it lets in what is neither.
bool is_negation(std::string_view glob) {
  return glob.starts_with('!') && !glob.starts_with("!(");
}

std::string_view without_dot_slash(std::string_view glob) {
  while (glob.starts_with("./")) glob.remove_prefix(2);
  return glob;
}

bool leaves_package(std::string_view glob) {
  if (glob.starts_with('/')) return true;
  const auto segments = base::split(glob, '/');
  return std::find(segments.begin(), segments.end(), "..") != segments.end();
}

/// The leading segments in which nothing is special, and whether that is the whole glob.
OutputBase base_of(std::string_view glob) {
  OutputBase base;
  while (glob.ends_with('/')) glob.remove_suffix(1);
  const auto segments = base::split(glob, '/');
  std::size_t literal = 0;
  while (literal < segments.size() &&
         segments[literal].find_first_of("*?[]{}()!+@|\\") == std::string_view::npos)
    ++literal;
  base.is_exact = literal == segments.size();
  for (std::size_t i = 0; i < literal; ++i)
    if (!segments[i].empty() && segments[i] != ".") base.path = os::join_path(base.path, segments[i]);
  return base;
}

std::vector<OutputBase> bases_of(const std::vector<std::string>& globs) {
  std::vector<OutputBase> all;
  for (const std::string& glob : globs)
    if (!is_negation(glob)) all.push_back(base_of(glob));
  // Of two bases at one path, the one that leads on comes first and wins.
  std::sort(all.begin(), all.end(), [](const OutputBase& a, const OutputBase& b) {
    return a.path != b.path ? a.path < b.path : a.is_exact < b.is_exact;
  });
  std::vector<OutputBase> kept;
  for (OutputBase& base : all) {
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const OutputBase& other) {
      return os::path_below(base.path, other.path).has_value();
    });
    if (!covered) kept.push_back(std::move(base));
  }
  return kept;
}

}  // namespace

Result<std::shared_ptr<const OutputGlobs>> OutputGlobs::compile(const std::vector<std::string>& globs) {
  auto compiled = std::make_shared<OutputGlobs>();
  std::vector<std::string> cleanable;
  for (const std::string& glob : globs) {
    const bool negated = is_negation(glob);
    const std::string_view positive = without_dot_slash(std::string_view(glob).substr(negated ? 1 : 0));
    if (!negated && leaves_package(positive))
      return fail(ErrorKind::invalid,
                  fmt::format("leave the package: {} (give them to a root target)", base::printable(glob)));
    if (!negated && positive.ends_with(".tsbuildinfo")) compiled->name_incremental_state = true;
    if (negated || glob::literal_first_segment(positive)) cleanable.push_back(glob);
  }
  STILLAGE_ASSIGN(compiled->all, glob::compile_native(globs));
  STILLAGE_ASSIGN(compiled->cleanable, glob::compile_native(cleanable));
  compiled->bases = bases_of(globs);
  return std::shared_ptr<const OutputGlobs>(std::move(compiled));
}

Result<TargetOutputs> TargetOutputs::of(const Target& target, const std::string& root,
                                        const std::optional<std::vector<std::string>>& default_globs,
                                        const Compile& compile) {
  TargetOutputs outputs;
  std::string folder = os::normalise_path(target.cwd);
  auto package_dir = os::path_below(folder, root);
  if (!package_dir) {
    // The way to the checkout may lead through links.
    folder = os::real_path(folder).value_or(folder);
    package_dir = os::path_below(folder, root);
  }
  if (!package_dir)
    return fail(ErrorKind::invalid, fmt::format("the folder of {}, {}, lies outside of {}", target.id,
                                                base::printable(target.cwd), base::printable(root)));
  outputs.package_dir_ = *package_dir;
  outputs.declared_ = target.outputs.has_value() || default_globs.has_value();
  auto globs = compile(target.outputs  ? *target.outputs
                       : default_globs ? *default_globs
                                       : undeclared_globs());
  if (!globs) {
    Error error = std::move(globs).error();
    error.message = fmt::format("outputs of {} {}", target.id, error.message);
    return tl::make_unexpected(std::move(error));
  }
  outputs.globs_ = std::move(*globs);
  return outputs;
}

std::string TargetOutputs::from_root(std::string_view path) const {
  return os::join_path(package_dir_, path);
}

bool TargetOutputs::matches_from_root(std::string_view path) const {
  const auto below = os::path_below(path, package_dir_);
  return below && matches(*below);
}

bool may_overlap(const TargetOutputs& a, const TargetOutputs& b) {
  // Mostly the packages differ, and that is all.
  if (!os::path_below(a.package_dir(), b.package_dir()) && !os::path_below(b.package_dir(), a.package_dir()))
    return false;
  for (const OutputBase& mine : a.bases())
    for (const OutputBase& other : b.bases()) {
      const std::string left = a.from_root(mine.path);
      const std::string right = b.from_root(other.path);
      if (os::path_below(left, right) || os::path_below(right, left)) return true;
    }
  return false;
}

}  // namespace stillage::cache
