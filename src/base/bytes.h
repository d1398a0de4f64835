// SPDX-License-Identifier: MIT
#pragma once
// Little-endian, length-framed binary records: what state files and the canonical encoding of a key are made
// of. A reader never reads past its end: once it has failed, every further read gives zero or nothing.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace stillage::base {

/// Appends fields to a growing buffer.
class ByteWriter {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void i64(std::int64_t value) { u64(static_cast<std::uint64_t>(value)); }
  /// The bytes themselves, unframed.
  void raw(std::string_view bytes) { bytes_.append(bytes); }
  void raw(std::span<const std::uint8_t> bytes);
  /// A u64 length, then the bytes.
  void text(std::string_view bytes);

  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }
  /// Keeps the room that they had.
  void clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

/// Takes fields from the front of a buffer that it does not own.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t u8();
  std::uint32_t u32();
  std::uint64_t u64();
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  /// `size` bytes, or nothing if fewer are left.
  std::string_view raw(std::size_t size);
  /// Fills `out`; zeros if too few bytes are left.
  void raw(std::span<std::uint8_t> out);
  std::string_view text();

  /// False as soon as one read asked for more than there was.
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace stillage::base
