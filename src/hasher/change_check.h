// SPDX-License-Identifier: MIT
#pragma once
// Whether what a key stands on is still as it was digested: asked after a run, so that a result is not stored
// under a key that describes other files than those the run saw. Not for two threads at a time.

#include <optional>
#include <string>
#include <vector>

#include "hasher/file_table.h"
#include "hasher/linked_content.h"
#include "hasher/new_files.h"
#include "hasher/target_parts.h"
#include "stillage/result.h"

namespace stillage::hasher {

class ChangeCheck {
 public:
  ChangeCheck(FileTable& table, LinkedContent& links, InputSets& sets, const OutputRules& outputs,
              const PackageLayout& layout)
      : table_(table), links_(links), sets_(sets), outputs_(outputs), layout_(layout), new_files_(table) {}

  /// The path of a file among `parts`, which were digested, that changed, came or went.
  Result<std::optional<std::string>> find(const TargetParts& parts);

 private:
  using Found = Result<std::optional<std::string>>;

  Found in_file(FileId id);
  Found in_files(const std::vector<FileId>& files);
  Found in_content(const ContentSet& content);
  Found new_in_set(const InputSet& set, const NewFiles::Accepts& accepts);
  Found new_in_folder(const std::string& folder);

  FileTable& table_;
  LinkedContent& links_;
  InputSets& sets_;
  const OutputRules& outputs_;
  const PackageLayout& layout_;
  NewFiles new_files_;
};

}  // namespace stillage::hasher
