// SPDX-License-Identifier: MIT
#pragma once
// What the tests of entries share: a sink that keeps what it is given, a writer that packs a folder's files,
// and a builder that puts an entry together from any parts, with a right digest at its end, so that only the
// deeper checks can refuse it.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "archive/entry_reader.h"
#include "archive/entry_writer.h"
#include "support/temp_dir.h"

namespace stillage::archive::test {

using stillage::test::TempDir;

/// Keeps the files it gets, and counts every byte.
class KeepFiles : public FileSink {
 public:
  Result<bool> begin(const Output& output) override;
  Status write(std::string_view bytes) override;
  Status end(const Output& output) override;

  std::map<std::string, std::string> files;  ///< those that ended well
  std::uint64_t written = 0;
  std::string skipped;  ///< the path of a file that is not wanted

 private:
  std::string open_;
};

/// One zstd frame that holds `content` and, if `states_size`, says how much that is.
std::string zstd_frame(std::string_view content, bool states_size = true);

/// The first frame's tar around a JSON text.
std::string manifest_tar(std::string_view json);

/// The second frame's tar, as it must be: headers, contents (by path) and the end.
std::string files_tar(const std::vector<Output>& outputs, const std::map<std::string, std::string>& contents);

/// A ustar header with a right checksum.
std::string ustar_header(std::string_view name, char type, unsigned mode, std::uint64_t size,
                         std::string_view link = {});

/// `bytes` and the frame with their digest.
std::string sealed(std::string bytes);

/// A whole entry of a manifest and a tar.
std::string entry_of(const Manifest& manifest, std::string_view tar);

/// A file output with this content.
Output file_output(std::string path, std::string_view content, unsigned mode = 0644);

/// A small manifest with these outputs.
Manifest manifest_of(std::vector<Output> outputs);

/// A reader of these bytes, which lie in no folder.
EntryReader reader_of(std::string_view bytes);

/// What became of reading all of an entry.
struct ReadAll {
  Status verified;
  Status read;  ///< of manifest and files, whatever verify said
  KeepFiles sink;
};
ReadAll read_all(std::string_view bytes);

}  // namespace stillage::archive::test
