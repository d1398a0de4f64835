// SPDX-License-Identifier: MIT
#pragma once
// Reads a tar that anybody may have written (ustar, GNU's long names, PAX records) as its bytes come, and
// believes nothing of it: names are bounded and lead to inside of the folder that they are relative to,
// checksums must be right, and a tar ends with two blocks of zeros or it was cut off. Memory: what one name
// takes. Not for use from two threads at a time.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stillage/result.h"

namespace stillage::archive {

enum class TarKind { file, symlink, hard_link, directory };

struct TarMember {
  TarKind kind = TarKind::file;
  /// Normalised and relative, without ".." (a leading "/" or "../" counts for nothing, as in backfill).
  std::string path;
  std::string link;        ///< the text of a symlink; for a hard link the path of the other file
  std::uint32_t mode = 0;  ///< up to 07777
  std::uint64_t size = 0;  ///< of a file
  std::int64_t mtime = 0;  ///< seconds since the epoch
};

/// Takes what is in a tar. An error ends the reading and is passed on.
class TarVisitor {
 public:
  virtual ~TarVisitor() = default;
  virtual Status begin(const TarMember& member) = 0;
  /// The next bytes of a file; member.size in all.
  virtual Status write(std::string_view bytes) = 0;
  /// Called for every member.
  virtual Status end(const TarMember& member) = 0;
};

class TarReader {
 public:
  /// `visitor` outlives this object.
  explicit TarReader(TarVisitor& visitor) : visitor_(visitor) {}

  /// Takes the next bytes, in pieces of any size. A `corrupt` error at the first block that makes no sense,
  /// or holds what no package can have (a device, an entry of an unknown kind); later calls fail likewise.
  Status feed(std::string_view bytes);
  /// To be called after the last byte: a `corrupt` error if more would have to come.
  Status finish() const;

 private:
  enum class State { header, text, content, padding, ended, failed };
  /// What the text is that precedes a header.
  enum class Text { pax, global_pax, long_name, long_link };
  struct Extended {
    std::optional<std::string> path;
    std::optional<std::string> link;
    std::optional<std::uint64_t> size;
  };

  Status step(std::string_view& bytes);
  Status on_header();
  Status on_member(char type);
  Status on_text();
  Status read_pax(Extended& into) const;
  Status begin_text(Text text, std::uint64_t size);
  Status place(TarMember& member, std::string name, std::string link) const;
  Status end_member();
  tl::unexpected<Error> wrong(std::string_view what) const;

  TarVisitor& visitor_;
  State state_ = State::header;
  std::string block_;           ///< the part of a block of which the rest has not come yet
  std::uint64_t left_ = 0;      ///< bytes of the text, content or padding that are still to come
  std::uint64_t offset_ = 0;    ///< where the current header began
  std::uint64_t consumed_ = 0;  ///< of the tar so far
  std::size_t padding_ = 0;     ///< that follows the text or content
  bool in_member_ = false;
  int zero_blocks_ = 0;
  Text text_kind_ = Text::pax;
  std::string text_;
  Extended global_;
  Extended own_;  ///< of the member that comes next
  TarMember member_;
};

}  // namespace stillage::archive
