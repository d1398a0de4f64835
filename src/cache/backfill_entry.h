// SPDX-License-Identifier: MIT
#pragma once
// One entry of the folder format (docs/formats/lage-local.md) as it is read: a folder that anybody may have
// filled. Nothing in it is followed out of it; what is no file and no link counts as absent.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/fd.h"
#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::cache {

class BackfillEntry {
 public:
  struct Item {
    std::string path;  ///< relative to the package
    bool is_link = false;
    std::string link;  ///< the text of a link
    /// Of the file or link itself.
    os::FileStat stat;
    /// Of the file; of a link, what regular file it leads to within the entry, if it does.
    std::optional<os::FileStat> content;
  };

  /// Lists the folder `path`; nothing if no folder is there (a link to one is none). An io error if part of
  /// it can't be read.
  static Result<std::optional<BackfillEntry>> open(const std::string& path);

  /// In byte order of the paths.
  const std::vector<Item>& items() const { return items_; }
  /// The sum of the sizes of all files.
  std::uint64_t bytes() const { return bytes_; }
  /// When something was last added to or removed from the folder itself, nanoseconds since the epoch.
  std::int64_t changed_ns() const { return folders_.front().stat.mtime_ns; }

  /// The content of an item that has one, from its start. A `corrupt` error if it isn't the file that was
  /// listed.
  Result<os::Fd> open_content(const Item& item) const;
  /// To be asked after reading `content`: a `corrupt` error if somebody has written to the file meanwhile.
  static Status check_content(const Item& item, const os::Fd& content);
  /// A `corrupt` error if files have come or gone since the folder was listed.
  Status check_unchanged() const;

 private:
  struct Folder {
    std::string path;
    os::FileStat stat;
  };
  explicit BackfillEntry(os::Fd folder) : folder_(std::move(folder)) {}
  Status list();
  Status add(int dir, std::string path, const std::string& name, const os::FileStat& stat);

  os::Fd folder_;
  std::vector<Folder> folders_;  ///< the entry's own first
  std::vector<Item> items_;
  std::uint64_t bytes_ = 0;
};

}  // namespace stillage::cache
