// SPDX-License-Identifier: MIT
#pragma once
// What symlinks and local packages (file:, link:, portal:) lead to. The content of a link to a folder is the
// set of files that git lists beneath it (or, where git is silent about it, that lie there), and beneath the
// folders that links in there lead to, each once: so cycles end, and the set is the same wherever one enters
// it. Not for two threads at a time.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "git/listing.h"
#include "hasher/file_table.h"
#include "hasher/ingredients.h"
#include "hasher/output_rules.h"
#include "stillage/result.h"

namespace stillage::hasher {

class LinkedContent;

/// A folder that was walked on the disk, as git ignores it or lists no input in it.
struct WalkedFolder {
  std::string path;  ///< relative to the root
  /// Whether a local package: what targets are known to leave there is left out only where they declare it.
  bool is_local_package = false;
};

/// The files that a path leads to, with the names that they have in the key.
class ContentSet : public IngredientList {
 public:
  ContentSet(const FileTable& table, const LinkedContent& links) : table_(table), links_(links) {}

  std::map<std::string, FileId> files;
  /// Folders, relative to the root, all of whose listed files belong to the set.
  std::vector<std::string> folders;
  std::vector<WalkedFolder> walked;
  /// Folders outside of the root, absolute, whose files belong to the set.
  std::vector<std::string> outside_folders;

  void tell(IngredientSink& sink) const override;

 private:
  const FileTable& table_;
  const LinkedContent& links_;
};

class LinkedContent {
 public:
  LinkedContent(FileTable& table, const OutputRules& outputs) : table_(table), outputs_(outputs) {}

  /// Reads the symlinks among `ids`, and digests what they lead to.
  Status follow(const std::vector<FileId>& ids);

  /// The content of a local package (`path` relative to the root, or absolute), digested; nullptr if nothing
  /// is there.
  Result<const ContentSet*> local_package(const std::string& path);

  /// The value of a file in a key: its kind, then its content's digest or, for a followed link, its text and
  /// the digest of what it leads to. Nothing if the file has gone. Good until the next call.
  std::optional<std::string_view> value(FileId id) const;
  /// The same, for a link just by its text.
  std::optional<std::string_view> own_value(FileId id) const;

  /// What a followed link leads to; nullptr if nothing.
  const ContentSet* content(FileId link) const;
  /// Whether a link that was read says, or leads to, something else now.
  Result<bool> is_changed(FileId link) const;
  /// The files of a walked folder as it is now.
  Result<std::vector<git::ListedFile>> walk(const WalkedFolder& folder) const;
  /// A file that has come into a folder outside of the root since it was listed.
  Result<std::optional<std::string>> new_outside(const std::string& folder) const;

 private:
  struct Link {
    bool gone = false;
    std::string text;
    std::string real_path;  ///< "" if it leads nowhere
    bool followed = false;
    const ContentSet* content = nullptr;
  };
  enum class Purpose { link, local_package };

  Result<Link*> read(FileId id);
  Result<const ContentSet*> content_at(const std::string& real_path, Purpose purpose,
                                       const std::string& from);
  Status add_inside(ContentSet& set, const std::string& path, Purpose purpose);
  Status add_folder(ContentSet& set, const std::string& path, Purpose purpose);
  std::vector<FileId> listed_in(const std::string& folder) const;
  Result<std::vector<git::ListedFile>> list_outside(const std::string& folder) const;
  Status add_outside(ContentSet& set, const std::string& path, const std::string& name);
  Status follow_inside_set(ContentSet& set, FileId link);
  bool may_enter(const std::string& real_path, std::string_view from) const;
  std::string real_path_of(FileId link) const;

  FileTable& table_;
  const OutputRules& outputs_;
  std::unordered_map<FileId, Link> read_;
  std::map<std::pair<std::string, Purpose>, std::unique_ptr<ContentSet>> sets_;
  std::map<std::string, std::vector<git::ListedFile>>
      outside_;  ///< by folder; sorted by path, which is absolute
  mutable std::string buffer_;
};

}  // namespace stillage::hasher
