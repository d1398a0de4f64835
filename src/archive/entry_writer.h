// SPDX-License-Identifier: MIT
#pragma once
// Makes an entry in one pass over its files: each is read once, digested, searched and compressed into a body
// that lies in memory while it is small, in an unnamed file after that. The manifest goes in front when all
// is known. Memory is bounded; nothing that can be seen is left behind unless finish() succeeds. Not for use
// from two threads at a time.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive/entry.h"
#include "os/file.h"
#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::archive {

class EntryWriter {
 public:
  /// Temporary files go to `temp_folder`, best on the file system where the entry will lie. `scan_for` is a
  /// path to look for in files and links, in any spelling (see PathSearch); empty: nothing. `level` is
  /// zstd's, 1 to 19.
  static Result<EntryWriter> create(const std::string& temp_folder, std::string_view scan_for, int level);
  ~EntryWriter();
  EntryWriter(EntryWriter&&) noexcept;
  EntryWriter& operator=(EntryWriter&&) noexcept;

  // Outputs are added in byte order of their paths (see OutputOrder); anything else is an `invalid` error.
  // After an error of add_file the writer is of no further use.

  /// Adds the file `name` below the open folder `dir` as the output `path`. Links are not followed in the
  /// last segment; what is no regular file is an `unsupported` error. If its stat is another one after it was
  /// read than before, that is an `invalid` error "changed while it was packed".
  Status add_file(int dir, const std::string& name, std::string path);
  /// Adds a symlink with this text, which may be anything that a kernel takes.
  Status add_symlink(std::string path, std::string text);
  /// Adds a folder, of which the 0777 bits of `mode` are kept.
  Status add_directory(std::string path, std::uint32_t mode);

  /// The stat of the file that was added last, as it was packed.
  const os::FileStat& last_stat() const;
  /// Whether the path to look for came up.
  bool found_path() const;
  /// What has been added.
  const std::vector<Output>& outputs() const;

  struct Finished {
    std::string path;        ///< the whole entry, in the temporary folder; the caller's from now on
    std::uint64_t size = 0;  ///< in bytes
    Manifest manifest;       ///< with its outputs
  };
  /// Writes the entry; `manifest.outputs` becomes what was added. With Durability::flushed its bytes are on
  /// the disk. A log too large for the format is an `invalid` error. The writer is of no further use.
  Result<Finished> finish(Manifest manifest, os::Durability durability);

 private:
  struct State;
  explicit EntryWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stillage::archive
