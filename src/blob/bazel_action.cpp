// SPDX-License-Identifier: MIT
#include "blob/bazel_action.h"

#include <algorithm>
#include <optional>

namespace stillage::blob {
namespace {

// Numbers of fields in the .proto files.
constexpr std::uint64_t kOutputFiles = 2;
constexpr std::uint64_t kPath = 1;
constexpr std::uint64_t kDigest = 2;
constexpr std::uint64_t kHash = 1;
constexpr std::uint64_t kSize = 2;

enum WireType : std::uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct Field {
  std::uint64_t number = 0;
  std::uint64_t type = 0;
  std::uint64_t value = 0;  ///< of a varint
  std::string_view bytes;   ///< of any other type
};

/// Takes fields from the front of a message; ok() is false from the first one on that makes no sense.
class FieldReader {
 public:
  explicit FieldReader(std::string_view message) : rest_(message) {}

  bool ok() const { return ok_; }

  /// Nothing at the end, or where it makes no sense.
  std::optional<Field> next() {
    if (rest_.empty() || !ok_) return std::nullopt;
    Field field;
    const std::uint64_t tag = varint();
    field.number = tag >> 3;
    field.type = tag & 7;
    if (field.type == kVarint)
      field.value = varint();
    else if (field.type == kBytes)
      field.bytes = take(varint());
    else if (field.type == kFixed64 || field.type == kFixed32)
      field.bytes = take(field.type == kFixed64 ? 8 : 4);
    else
      ok_ = false;
    if (field.number == 0) ok_ = false;
    return ok_ ? std::optional(field) : std::nullopt;
  }

 private:
  std::uint64_t varint() {
    constexpr unsigned kLongest = 10;
    std::uint64_t value = 0;
    for (unsigned i = 0; i < kLongest && i < rest_.size(); ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
      if ((byte & 0x80) != 0) continue;
      rest_.remove_prefix(i + 1);
      return value;
    }
    ok_ = false;
    return 0;
  }

  std::string_view take(std::uint64_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
  bool ok_ = true;
};

void write_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7f));
  out += static_cast<char>(value);
}

void write_bytes(std::string& out, std::uint64_t number, std::string_view bytes) {
  write_varint(out, number << 3 | kBytes);
  write_varint(out, bytes.size());
  out += bytes;
}

/// The last field of that number and type `bytes`, as protobuf wants it; of output files the first counts.
std::optional<std::string_view> find_bytes(std::string_view message, std::uint64_t number,
                                           bool first = false) {
  FieldReader reader(message);
  std::optional<std::string_view> found;
  while (const auto field = reader.next())
    if (field->number == number && field->type == kBytes && !(first && found)) found = field->bytes;
  return reader.ok() ? found : std::nullopt;
}

std::optional<CasDigest> parse_digest(std::string_view message) {
  CasDigest digest;
  FieldReader reader(message);
  while (const auto field = reader.next()) {
    if (field->number == kHash && field->type == kBytes) digest.hash = field->bytes;
    if (field->number == kSize && field->type == kVarint) digest.size = field->value;
  }
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  constexpr std::size_t kDigits = 64;
  if (!reader.ok() || digest.size > INT64_MAX || digest.hash.size() != kDigits ||
      !std::all_of(digest.hash.begin(), digest.hash.end(), is_digit))
    return std::nullopt;
  return digest;
}

}  // namespace

std::string encode_action_result(const CasDigest& digest) {
  std::string inner;
  write_bytes(inner, kHash, digest.hash);
  if (digest.size != 0) {
    write_varint(inner, kSize << 3 | kVarint);
    write_varint(inner, digest.size);
  }
  std::string file;
  write_bytes(file, kPath, "blob");
  write_bytes(file, kDigest, inner);
  std::string result;
  write_bytes(result, kOutputFiles, file);
  return result;
}

Outcome<CasDigest> parse_action_result(std::string_view bytes) {
  const auto file = find_bytes(bytes, kOutputFiles, true);
  const auto inner = file ? find_bytes(*file, kDigest) : std::nullopt;
  auto digest = inner ? parse_digest(*inner) : std::nullopt;
  if (!digest)
    return net::failure(FailureKind::protocol, "what lies there is no result of an action with a file");
  return std::move(*digest);
}

}  // namespace stillage::blob
