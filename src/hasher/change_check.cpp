// SPDX-License-Identifier: MIT
#include "hasher/change_check.h"

#include <algorithm>

#include "os/path.h"

/// Returns from the calling function if `expression` is an error or has found something.
#define STILLAGE_RETURN_FOUND(expression)                          \
  do {                                                             \
    auto stillage_found = (expression);                            \
    if (!stillage_found || *stillage_found) return stillage_found; \
  } while (false)

namespace stillage::hasher {

ChangeCheck::Found ChangeCheck::in_file(FileId id) {
  STILLAGE_ASSIGN(const bool changed,
                  table_.file(id).stat.is_symlink() ? links_.is_changed(id) : table_.is_changed(id));
  return changed ? std::optional(table_.path(id)) : std::nullopt;
}

ChangeCheck::Found ChangeCheck::in_files(const std::vector<FileId>& files) {
  for (const FileId id : files) STILLAGE_RETURN_FOUND(in_file(id));
  for (const FileId id : files)
    if (const ContentSet* content = table_.file(id).stat.is_symlink() ? links_.content(id) : nullptr)
      STILLAGE_RETURN_FOUND(in_content(*content));
  return std::nullopt;
}

ChangeCheck::Found ChangeCheck::in_content(const ContentSet& content) {
  for (const auto& [name, id] : content.files) STILLAGE_RETURN_FOUND(in_file(id));
  for (const std::string& folder : content.folders) STILLAGE_RETURN_FOUND(new_in_folder(folder));
  for (const WalkedFolder& folder : content.walked) {
    STILLAGE_ASSIGN(const auto files, links_.walk(folder));
    for (const git::ListedFile& file : files)
      if (!content.files.contains(file.path)) return std::optional(file.path);
  }
  for (const std::string& folder : content.outside_folders) STILLAGE_RETURN_FOUND(links_.new_outside(folder));
  return std::nullopt;
}

ChangeCheck::Found ChangeCheck::new_in_folder(const std::string& folder) {
  return new_files_.find(
      folder, [](const std::string& dir) { return os::file_name(dir) != "node_modules"; },
      [this](const std::string& path) { return !outputs_.is_declared(path); });
}

ChangeCheck::Found ChangeCheck::new_in_set(const InputSet& set, const NewFiles::Accepts& accepts) {
  const auto selects = [&](const std::string& path) {
    return accepts(path) && !outputs_.is_declared(path) && sets_.would_select(set, path);
  };
  switch (set.kind) {
    case InputSet::Kind::package:
      return new_files_.find(
          set.dir, [this](const std::string& dir) { return !layout_.is_package_dir(dir); }, selects);
    case InputSet::Kind::root:
      return new_files_.find(
          "", [](const std::string&) { return false; }, selects);
    case InputSet::Kind::patterns:
      break;
  }
  for (const std::string& base : set.patterns.bases())
    STILLAGE_RETURN_FOUND(new_files_.find(
        base, [&](const std::string& dir) { return set.patterns.may_match_below(dir); }, selects));
  STILLAGE_ASSIGN(auto unlisted, sets_.unlisted_paths(set.patterns));
  for (std::string& path : unlisted) {
    const auto id = table_.find(path);
    if (accepts(path) && (!id || std::find(set.files.begin(), set.files.end(), *id) == set.files.end()))
      return std::optional(std::move(path));
  }
  return std::nullopt;
}

Result<std::optional<std::string>> ChangeCheck::find(const TargetParts& parts) {
  std::vector<const InputSet*> sets = {parts.inputs, parts.environment};
  for (const auto& [dir, set] : parts.dependency_inputs) sets.push_back(set);
  for (const InputSet* set : sets) STILLAGE_RETURN_FOUND(in_files(set->files));
  STILLAGE_RETURN_FOUND(in_files(parts.sources));
  for (const auto& [path, content] : parts.local_packages)
    if (content != nullptr) STILLAGE_RETURN_FOUND(in_content(*content));
  for (const auto& [path, id] : parts.patches)
    if (id) STILLAGE_RETURN_FOUND(in_file(*id));

  const auto is_made = [&](const std::string& path) {
    return std::any_of(parts.made.begin(), parts.made.end(),
                       [&](const MadeFiles& made) { return made.matches(path); });
  };
  const auto accepts = [&](const std::string& path) { return !is_made(path); };
  for (const InputSet* set : sets) STILLAGE_RETURN_FOUND(new_in_set(*set, accepts));
  return std::nullopt;
}

}  // namespace stillage::hasher
