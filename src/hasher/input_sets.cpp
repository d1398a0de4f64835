// SPDX-License-Identifier: MIT
#include "hasher/input_sets.h"

#include <fmt/format.h>

#include <algorithm>

#include "hasher/disk_walk.h"
#include "os/path.h"

namespace stillage::hasher {

void InputSet::tell(IngredientSink& sink) const {
  for (const FileId id : files)
    if (const auto value = links_.value(id)) sink.add(table_.path(id), *value);
}

InputSets::InputSets(FileTable& table, LinkedContent& links, const OutputRules& outputs,
                     const PackageLayout& layout, PatternCache& patterns, std::string lock_file)
    : table_(table),
      links_(links),
      outputs_(outputs),
      layout_(layout),
      patterns_(patterns),
      lock_file_(std::move(lock_file)) {}

InputSet& InputSets::add(std::string identity, InputSet::Kind kind, const std::string& dir) {
  auto set = std::make_unique<InputSet>(table_, links_);
  set->kind = kind;
  set->dir = dir;
  return *sets_.emplace(std::move(identity), std::move(set)).first->second;
}

InputSet* InputSets::known(const std::string& identity) const {
  const auto it = sets_.find(identity);
  return it == sets_.end() ? nullptr : it->second.get();
}

/// Untracked files that a target makes are represented by that target's key.
bool InputSets::is_input(FileId id) const {
  const git::ListedFile& file = table_.file(id);
  return file.tracked || !outputs_.is_declared(file.path);
}

Result<InputSet*> InputSets::of_package(const std::string& dir) {
  std::string identity = "package:" + dir;
  if (InputSet* set = known(identity)) return set;
  InputSet& set = add(std::move(identity), InputSet::Kind::package, dir);
  FileId next = table_.beneath(dir).first;
  const auto take_until = [&](FileId end) {
    for (; next < end; ++next)
      if (is_input(next)) set.files.push_back(next);
  };
  for (const std::string& nested : layout_.nested_in(dir)) {
    const auto [begin, end] = table_.beneath(nested);
    take_until(begin);
    next = std::max(next, end);
  }
  take_until(table_.beneath(dir).second);
  return &set;
}

/// Skips folders in which nothing can match.
void InputSets::select(const InputPatterns& patterns, FileRange range, std::vector<FileId>& out) const {
  std::string_view entered;
  FileId id = range.first;
  while (id < range.second) {
    const std::string_view path = table_.path(id);
    if (!os::path_below(path, entered)) entered = {};
    std::optional<std::string_view> skipped;
    for (std::size_t slash = path.find('/', entered.empty() ? 0 : entered.size() + 1);
         slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      if (!patterns.may_match_below(path.substr(0, slash))) {
        skipped = path.substr(0, slash);
        break;
      }
      entered = path.substr(0, slash);
    }
    if (skipped) {
      id = table_.beneath(*skipped).second;
      continue;
    }
    if (patterns.matches(path) && is_input(id)) out.push_back(id);
    ++id;
  }
}

Result<std::vector<git::ListedFile>> InputSets::unlisted(const InputPatterns& patterns) const {
  std::vector<git::ListedFile> found;
  const auto take = [&](git::ListedFile file) {
    if (table_.listing().find(file.path) == nullptr && !outputs_.is_declared(file.path) &&
        patterns.matches(file.path))
      found.push_back(std::move(file));
  };
  for (const std::string& path : patterns.literals()) {
    STILLAGE_ASSIGN(const auto stat, os::stat_at(table_.root_fd(), path));
    if (!stat) continue;
    if (stat->is_directory()) {
      const auto [begin, end] = table_.beneath(path);
      // What is ignored beneath a folder that is not ignored itself is left out, as if it were written
      // "path/**".
      if (begin != end && !table_.listing().is_ignored(path, os::FileKind::directory)) continue;
      STILLAGE_ASSIGN(auto files, walk_disk(table_.root_fd(), path));
      for (git::ListedFile& file : files) take(std::move(file));
    } else if (stat->is_regular() || stat->is_symlink()) {
      git::ListedFile file;
      file.path = path;
      file.stat = *stat;
      take(std::move(file));
    } else {
      return fail(ErrorKind::invalid, fmt::format("input {} is neither a file nor a folder", path));
    }
  }
  return found;
}

Result<std::vector<std::string>> InputSets::unlisted_paths(const InputPatterns& patterns) const {
  STILLAGE_ASSIGN(auto files, unlisted(patterns));
  std::vector<std::string> paths;
  for (git::ListedFile& file : files) paths.push_back(std::move(file.path));
  return paths;
}

Result<InputSet*> InputSets::of_patterns(const std::string& dir, const std::vector<std::string>& entries) {
  std::string identity = "patterns:" + identity_of({dir}) + identity_of(entries);
  if (InputSet* set = known(identity)) return set;
  STILLAGE_ASSIGN(InputPatterns patterns, InputPatterns::compile(entries, dir, patterns_));
  std::vector<FileId> files;
  for (const std::string& base : patterns.bases()) select(patterns, table_.beneath(base), files);
  STILLAGE_ASSIGN(auto from_disk, unlisted(patterns));
  if (!from_disk.empty()) {
    for (git::ListedFile& file : from_disk) files.push_back(table_.add(std::move(file)));
    std::sort(files.begin(), files.end(),
              [this](FileId a, FileId b) { return table_.path(a) < table_.path(b); });
    files.erase(std::unique(files.begin(), files.end()), files.end());
  }
  InputSet& set = add(std::move(identity), InputSet::Kind::patterns, dir);
  set.patterns = std::move(patterns);
  set.files = std::move(files);
  return &set;
}

bool InputSets::is_root_file(std::string_view path) const {
  return path.find('/') == std::string_view::npos && path != lock_file_ && !path.ends_with(".md") &&
         !path.starts_with("LICENSE") && !path.starts_with("stillage.config.") &&
         !path.starts_with("lage.config.") && !path.starts_with(".lagerc");
}

Result<InputSet*> InputSets::of_root() {
  if (InputSet* set = known("root")) return set;
  InputSet& set = add("root", InputSet::Kind::root, "");
  for (FileId id = 0; id < table_.listed_count();) {
    const std::string_view path = table_.path(id);
    if (const std::size_t slash = path.find('/'); slash != std::string_view::npos) {
      id = table_.beneath(path.substr(0, slash)).second;
      continue;
    }
    if (is_root_file(path) && is_input(id)) set.files.push_back(id);
    ++id;
  }
  return &set;
}

bool MadeFiles::matches(std::string_view path) const {
  const auto rest = os::path_below(path, dir);
  return rest && patterns->matches(*rest);
}

Result<InputSet*> InputSets::without(InputSet* set, const MadeFiles& made) {
  const std::string prefix = made.dir.empty() ? "" : made.dir + "/";
  const auto first =
      std::lower_bound(set->files.begin(), set->files.end(), prefix,
                       [this](FileId id, const std::string& text) { return table_.path(id) < text; });
  if (first == set->files.end() || !table_.path(*first).starts_with(prefix)) return set;

  const auto [known, is_new] = filtered_.try_emplace({set, made.dir, made.patterns, made.which}, set);
  if (!is_new) return known->second;
  std::vector<FileId> kept;
  for (const FileId id : set->files) {
    const bool may_go = made.which == MadeFiles::Which::all || !table_.file(id).tracked;
    if (!may_go || !made.matches(table_.path(id))) kept.push_back(id);
  }
  if (kept.size() != set->files.size()) {
    InputSet& filtered = add("filtered:" + std::to_string(filtered_.size()), set->kind, set->dir);
    filtered.patterns = set->patterns;
    filtered.files = std::move(kept);
    known->second = &filtered;
  }
  return known->second;
}

Status InputSets::digest(const std::vector<InputSet*>& sets) {
  std::vector<FileId> ids;
  std::vector<InputSet*> undone;
  for (InputSet* set : sets) {
    if (!digested_.insert(set).second) continue;
    undone.push_back(set);
    ids.insert(ids.end(), set->files.begin(), set->files.end());
  }
  auto status = table_.digest(ids);
  if (status) status = links_.follow(ids);
  if (!status)
    for (InputSet* set : undone) digested_.erase(set);
  return status;
}

bool InputSets::would_select(const InputSet& set, std::string_view path) const {
  switch (set.kind) {
    case InputSet::Kind::package:
      return os::path_below(path, set.dir).has_value();
    case InputSet::Kind::patterns:
      return set.patterns.matches(path);
    case InputSet::Kind::root:
      return is_root_file(path);
  }
  return false;
}

}  // namespace stillage::hasher
