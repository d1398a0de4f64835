// SPDX-License-Identifier: MIT
#pragma once
// Where a zstd frame ends, as its bytes come: by the lengths of its blocks (RFC 8878, section 3.1.1), without
// taking out what it holds.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stillage::archive {

class FrameScan {
 public:
  /// The next bytes; the first call starts with the frame.
  void add(std::string_view bytes);
  /// False as soon as the bytes can't be those of a frame.
  bool is_frame() const { return part_ != Part::nothing; }
  /// How long the frame is, once that is known.
  std::optional<std::uint64_t> end() const;

 private:
  enum class Part { header, block, done, nothing };
  void take_header();
  void take_block();

  Part part_ = Part::header;
  std::uint64_t offset_ = 0;  ///< of the next bytes
  std::uint64_t next_ = 0;    ///< where the part starts that is looked at
  std::size_t wanted_ = 5;    ///< bytes of it
  std::string piece_;         ///< those that have come
  bool has_checksum_ = false;
};

}  // namespace stillage::archive
