// SPDX-License-Identifier: MIT
#pragma once
// Reads an entry, and believes nothing of it: sizes are bounded before memory is taken, no more bytes come
// out than the manifest declares, and every byte of the tar part that is no content must be exactly the one
// that the manifest implies. Memory: some 600 KiB and the manifest, and a window of at most 128 MiB if the
// entry asks for one. Not for use from two threads at a time.

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/entry.h"
#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::archive {

/// Takes the files that come out of an entry.
class FileSink {
 public:
  virtual ~FileSink() = default;
  /// The file `output` comes next; whether it is wanted.
  virtual Result<bool> begin(const Output& output) = 0;
  /// Its next bytes, if it is. Never more than output.size in all.
  virtual Status write(std::string_view bytes) = 0;
  /// It is complete, and its SHA-256 is right. Not called for a file that turned out damaged.
  virtual Status end(const Output& output) = 0;
};

class EntryReader {
 public:
  /// `file` is open for reading; `name` stands for it in errors. Nothing is read yet but its size.
  static Result<EntryReader> open(os::Fd file, std::string name);

  /// Compares the digest at the end with all bytes before it: a `corrupt` error if the file is cut off,
  /// damaged or something else. Reads the whole file, with constant memory.
  Status verify();

  /// The manifest, consistent in itself (see decode_manifest). `corrupt` if it can't be had, `unsupported` if
  /// the entry is of another format.
  Result<Manifest> manifest();
  /// Its JSON text as it stands in the entry, of which nothing but the frame around it has been checked.
  Result<std::string> manifest_text();

  /// Hands the files of the entry to `sink`, in order. `manifest` is the one of this reader; folders and
  /// links are the caller's to make from it. A `corrupt` error at the first byte that is not as it must be; a
  /// failure of the sink is passed on. The digest of a file that the sink does not want is not checked.
  Status extract(const Manifest& manifest, FileSink& sink);

  /// The size of the entry in bytes.
  std::uint64_t size() const { return size_; }

 private:
  EntryReader(os::Fd file, std::uint64_t size, std::string name);

  os::Fd file_;
  std::uint64_t size_;
  std::string name_;
  std::uint64_t body_offset_ = 0;  ///< where the second frame starts; 0 while that is not known
};

}  // namespace stillage::archive
