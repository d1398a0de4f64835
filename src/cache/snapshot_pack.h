// SPDX-License-Identifier: MIT
#pragma once
// Many snapshots in one state file, each with the stat that its own file had (docs/formats/state.md): one
// that still has it need not be read.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/stat.h"
#include "os/state_file.h"
#include "stillage/result.h"

namespace stillage::cache {

struct PackedSnapshot {
  std::string_view name;  ///< of its file, from the folder of all snapshots
  os::FileStat stat;      ///< of its file: size, times and inode count
  std::string_view payload;
};

class SnapshotPack {
 public:
  /// Null if there is none, or a damaged one.
  static std::shared_ptr<const SnapshotPack> read(const std::string& path);
  static Status write(const std::string& path, std::vector<PackedSnapshot> snapshots);

  /// The payload of the snapshot in the file of that name, if that file's stat is the one it had.
  std::optional<std::string_view> find(std::string_view name, const os::FileStat& stat) const;

 private:
  explicit SnapshotPack(os::StateFile file) : file_(std::move(file)) {}
  bool parse();

  os::StateFile file_;
  std::vector<PackedSnapshot> all_;  ///< sorted by name
};

}  // namespace stillage::cache
