// SPDX-License-Identifier: MIT
#pragma once
// zstd frames as streams with constant memory: one that is being made, and one that is taken out of a file by
// parts. What comes out of a file is not trusted: windows are at most 128 MiB, and nothing is produced ahead
// of what is asked for, beyond one buffer.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "archive/pooled.h"
#include "stillage/result.h"

namespace stillage::archive {

/// Makes frames, one after the other.
class FrameWriter {
 public:
  /// `level` is one of zstd's, 1 to 19.
  static Result<FrameWriter> create(int level);
  ~FrameWriter();
  FrameWriter(FrameWriter&&) noexcept;
  FrameWriter& operator=(FrameWriter&&) noexcept;

  /// Compresses `bytes`; what is ready goes to the end of `out`.
  Status add(std::string_view bytes, std::string& out) { return step(bytes, false, out); }
  /// Ends the frame; the rest of it goes to the end of `out`.
  Status end(std::string& out) { return step({}, true, out); }
  /// A frame of its own that holds `bytes` and states their number.
  Status whole(std::string_view bytes, std::string& out);

 private:
  struct Scratch;
  FrameWriter();
  Status step(std::string_view bytes, bool last, std::string& out);
  Pooled<Scratch> scratch_;
};

/// Takes one frame out of an open file.
class FrameReader {
 public:
  /// The frame that starts at `offset` and ends at `limit` or before. The file must stay open; errors call it
  /// `name`.
  FrameReader(int file, std::uint64_t offset, std::uint64_t limit, std::string name);
  ~FrameReader();
  FrameReader(const FrameReader&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;

  /// The number of bytes that the frame says it holds, UINT64_MAX if it does not say; a `corrupt` error if it
  /// is no zstd frame. To be asked before the content.
  Result<std::uint64_t> stated_size();
  /// Up to `most` further bytes of the content, valid until the next call; empty at the end of the frame.
  Result<std::string_view> next(std::size_t most);
  /// Where in the file the frame ended, or how far it has been read.
  std::uint64_t offset() const;

 private:
  struct Scratch;
  Status start();
  Status read_more();
  Status fill();
  tl::unexpected<Error> corrupt(std::string_view what) const;

  int file_;
  std::uint64_t start_;
  std::uint64_t read_offset_;
  std::uint64_t limit_;
  std::string name_;
  Pooled<Scratch> scratch_;
  std::size_t in_begin_ = 0;
  std::size_t in_end_ = 0;
  std::size_t out_begin_ = 0;
  std::size_t out_end_ = 0;
  bool full_ = false;  ///< the last output filled its buffer: more may follow without further input
  bool finished_ = false;
};

}  // namespace stillage::archive
