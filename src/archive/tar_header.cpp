// SPDX-License-Identifier: MIT
#include "archive/tar_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace stillage::archive {
namespace {

constexpr std::string_view kManifestPath = ".stillage/manifest.json";
constexpr std::string_view kPaxPath = ".stillage/pax";
constexpr std::size_t kSizeFieldAt = 124;
constexpr std::size_t kSizeDigits = 11;
constexpr std::uint64_t kOctalLimit = 1ULL << (3 * kSizeDigits);  // 8 GiB

enum class TypeFlag : char { file = '0', symlink = '2', directory = '5', pax = 'x' };

using Block = std::array<char, kTarBlock>;

/// Writes `value` as `digits` octal digits.
void put_octal(Block& block, std::size_t at, std::size_t digits, std::uint64_t value) {
  for (std::size_t i = digits; i-- > 0; value >>= 3) block[at + i] = static_cast<char>('0' + (value & 7));
}

void put_text(Block& block, std::size_t at, std::string_view text) {
  std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
}

void append_ustar(std::string_view name, TypeFlag type, std::uint32_t mode, std::uint64_t size,
                  std::string_view link, std::string& out) {
  Block block{};
  put_text(block, 0, name.substr(0, kTarNameField));
  put_octal(block, 100, 7, mode);
  put_octal(block, 108, 7, 0);  // owner
  put_octal(block, 116, 7, 0);  // group
  put_octal(block, kSizeFieldAt, kSizeDigits, size < kOctalLimit ? size : 0);
  put_octal(block, 136, 11, 0);  // time
  put_text(block, 148, "        ");
  block[156] = static_cast<char>(type);
  put_text(block, 157, link.substr(0, kTarNameField));
  put_text(block, 257, std::string_view("ustar\00000", 8));
  put_octal(block, 329, 7, 0);  // device
  put_octal(block, 337, 7, 0);
  std::uint32_t sum = 0;
  for (const char c : block) sum += static_cast<std::uint8_t>(c);
  put_octal(block, 148, 6, sum);
  block[154] = '\0';
  out.append(block.data(), block.size());
}

/// Appends "<length> <key>=<value>\n", whose length counts itself.
void append_record(std::string& records, std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;  // space, '=', newline
  std::size_t length = rest + 1;
  while (rest + fmt::formatted_size("{}", length) != length)
    length = rest + fmt::formatted_size("{}", length);
  records += fmt::format("{} {}=", length, key);
  records += value;
  records += '\n';
}

void append_pax(std::string_view name, std::uint64_t size, std::string_view link, std::string& out) {
  const bool long_name = name.size() > kTarNameField;
  const bool long_link = link.size() > kTarNameField;
  std::string records;
  if ((long_name && !base::is_utf8(name)) || (long_link && !base::is_utf8(link)))
    append_record(records, "hdrcharset", "BINARY");
  if (long_name) append_record(records, "path", name);
  if (long_link) append_record(records, "linkpath", link);
  if (size >= kOctalLimit) append_record(records, "size", std::to_string(size));
  append_ustar(kPaxPath, TypeFlag::pax, 0644, records.size(), {}, out);
  out += records;
  out.append(tar_padding(records.size()), '\0');
}

void append_headers(std::string_view name, TypeFlag type, std::uint32_t mode, std::uint64_t size,
                    std::string_view link, std::string& out) {
  if (name.size() > kTarNameField || link.size() > kTarNameField || size >= kOctalLimit)
    append_pax(name, size, link, out);
  append_ustar(name, type, mode, size, link, out);
}

}  // namespace

void append_tar_headers(const Output& output, std::string& out) {
  switch (output.kind) {
    case OutputKind::file:
      return append_headers(output.path, TypeFlag::file, output.mode, output.size, {}, out);
    case OutputKind::symlink:
      return append_headers(output.path, TypeFlag::symlink, 0777, 0, output.link, out);
    case OutputKind::directory:
      return append_headers(output.path + "/", TypeFlag::directory, output.mode, 0, {}, out);
  }
}

void append_manifest_header(std::uint64_t size, std::string& out) {
  append_ustar(kManifestPath, TypeFlag::file, 0644, size, {}, out);
}

std::uint64_t tar_size_field(std::string_view block) {
  std::uint64_t size = 0;
  for (const char c : block.substr(kSizeFieldAt, kSizeDigits)) {
    if (c < '0' || c > '7') return 0;
    size = size * 8 + static_cast<std::uint64_t>(c - '0');
  }
  return size;
}

}  // namespace stillage::archive
