// SPDX-License-Identifier: MIT
#include "base/bytes.h"

#include <algorithm>
#include <cstring>

namespace stillage::base {
namespace {

template <class T>
void append_little_endian(std::string& bytes, T value) {
  char out[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) out[i] = static_cast<char>(value >> (8 * i));
  bytes.append(out, sizeof(T));
}

template <class T>
T parse_little_endian(std::string_view bytes) {
  T value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value |= static_cast<T>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
  return value;
}

}  // namespace

void ByteWriter::u32(std::uint32_t value) {
  append_little_endian(bytes_, value);
}
void ByteWriter::u64(std::uint64_t value) {
  append_little_endian(bytes_, value);
}

void ByteWriter::raw(std::span<const std::uint8_t> bytes) {
  bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void ByteWriter::text(std::string_view bytes) {
  u64(bytes.size());
  raw(bytes);
}

std::uint8_t ByteReader::u8() {
  return parse_little_endian<std::uint8_t>(raw(1));
}
std::uint32_t ByteReader::u32() {
  return parse_little_endian<std::uint32_t>(raw(4));
}
std::uint64_t ByteReader::u64() {
  return parse_little_endian<std::uint64_t>(raw(8));
}

std::string_view ByteReader::raw(std::size_t size) {
  if (!ok_ || size > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

void ByteReader::raw(std::span<std::uint8_t> out) {
  const std::string_view taken = raw(out.size());
  if (taken.size() == out.size())
    std::copy(taken.begin(), taken.end(), out.begin());
  else
    std::fill(out.begin(), out.end(), std::uint8_t{0});
}

std::string_view ByteReader::text() {
  const std::uint64_t size = u64();
  return raw(size > rest_.size() ? rest_.size() + 1 : static_cast<std::size_t>(size));
}

}  // namespace stillage::base
