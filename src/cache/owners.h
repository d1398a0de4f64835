// SPDX-License-Identifier: MIT
#pragma once
// Whose output a path is, seen from one target: every output path has one owner, the target that last produced
// it in this checkout; and of several targets of a run that hold a path, the last one in graph order wins. Asked
// during one operation on one target, from one thread; paths are relative to the root.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "cache/catalog.h"
#include "cache/run_memory.h"
#include "cache/snapshots.h"
#include "os/stat.h"

namespace stillage::cache {

class Owners {
 public:
  Owners(const std::string& target, Snapshots& snapshots, const Catalog& catalog, const RunMemory& memory)
      : target_(target), snapshots_(snapshots), catalog_(catalog), memory_(memory) {}

  /// Another target recorded it as its output, or hit in this run and has it in its entry.
  bool others_have(std::string_view path);
  /// Another target recorded exactly this file.
  bool others_made(std::string_view path, const os::FileStat& stat);
  /// A later target of this run has the path and puts, or has put, its own version there.
  bool is_left_to_later(std::string_view path, const std::optional<os::FileStat>& now);

 private:
  using Group = std::vector<std::shared_ptr<const Snapshot>>;
  const Group& group(std::string_view package_dir);

  std::string target_;
  Snapshots& snapshots_;
  const Catalog& catalog_;
  const RunMemory& memory_;
  base::StringMap<Group> groups_;
};

}  // namespace stillage::cache
