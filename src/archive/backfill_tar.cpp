// SPDX-License-Identifier: MIT
#include "archive/backfill_tar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "archive/tar_header.h"
#include "base/strings.h"

namespace stillage::archive {
namespace {

constexpr std::size_t kPrefixField = 155;
constexpr std::uint64_t kSizeLimit = 1ULL << 33;
/// What a header is named whose real name stands in the records before it.
constexpr std::string_view kPaxName = "PaxHeader";

struct Fields {
  std::string_view name;
  std::string_view prefix;
  char type = '0';
  std::string_view link;
  std::uint64_t size = 0;
};

/// `digits` octal digits and a space; sevens where there are too few.
std::string octal(std::int64_t value, std::size_t digits) {
  const std::string text = value < 0 ? fmt::format("-{:o}", -value) : fmt::format("{:o}", value);
  if (text.size() > digits) return std::string(digits, '7') + ' ';
  return std::string(digits - text.size(), '0') + text + ' ';
}

/// The time in whole seconds as JavaScript comes to it: from nanoseconds to a floating-point number of
/// milliseconds, to the next whole one, and of that the seconds, as a number of 32 bits.
std::int32_t seconds_of(std::int64_t mtime_ns) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t seconds = mtime_ns / kSecond;
  std::int64_t rest = mtime_ns % kSecond;
  if (rest < 0) {
    --seconds;
    rest += kSecond;
  }
  const double milliseconds = static_cast<double>(seconds) * 1000 + static_cast<double>(rest) / 1e6;
  const auto whole = static_cast<std::int64_t>(std::trunc(std::floor(milliseconds + 0.5) / 1000));
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(whole & 0xffffffff));
}

void append_header(const BackfillTarFile& file, const Fields& fields, std::string& out) {
  std::array<char, kTarBlock> block{};
  const auto put = [&block](std::size_t at, std::string_view text) {
    std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, fields.name);
  put(100, octal(file.mode & 07777, 6));
  put(108, octal(file.uid, 6));
  put(116, octal(file.gid, 6));
  put(124, octal(static_cast<std::int64_t>(fields.size), 11));
  put(136, octal(seconds_of(file.mtime_ns), 11));
  put(148, "        ");
  block[156] = fields.type;
  put(157, fields.link);
  put(257, std::string_view("ustar\00000", 8));
  put(329, octal(0, 6));
  put(337, octal(0, 6));
  put(345, fields.prefix);
  std::int64_t sum = 0;
  for (const char c : block) sum += static_cast<std::uint8_t>(c);
  put(148, octal(sum, 6));
  block[155] = '\0';
  out.append(block.data(), block.size());
}

/// Where to cut `path` so that it fits into the two fields; nothing if it can't be.
std::optional<std::size_t> prefix_length(std::string_view path) {
  if (std::any_of(path.begin(), path.end(), [](char c) { return static_cast<std::uint8_t>(c) >= 0x80; }))
    return std::nullopt;
  if (path.size() <= kTarNameField) return 0;
  const std::size_t slash = path.find('/', path.size() - kTarNameField - 1);
  if (slash == std::string_view::npos || slash > kPrefixField) return std::nullopt;
  return slash;
}

/// "<length> <key>=<value>\n", whose length counts itself.
std::string record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (rest + fmt::formatted_size("{}", length) != length)
    length = rest + fmt::formatted_size("{}", length);
  return fmt::format("{} {}={}\n", length, key, value);
}

}  // namespace

Status append_backfill_headers(const BackfillTarFile& file, std::string& out) {
  if (!base::is_utf8(file.path) || !base::is_utf8(file.link))
    return fail(
        ErrorKind::invalid,
        fmt::format("{} has a name, or leads to one, that is not UTF-8: backfill's tars can't hold it",
                    base::printable(file.path)));
  if (file.size >= kSizeLimit)
    return fail(ErrorKind::invalid, fmt::format("{} has {}: backfill's tars hold files up to 8 GiB",
                                                base::printable(file.path), base::human_size(file.size)));
  Fields fields{.name = file.path,
                .prefix = {},
                .type = file.is_link ? '2' : '0',
                .link = file.link,
                .size = file.is_link ? 0 : file.size};
  const auto cut = prefix_length(file.path);
  if (cut && file.link.size() <= kTarNameField) {
    if (*cut > 0) {
      fields.prefix = fields.name.substr(0, *cut);
      fields.name.remove_prefix(*cut + 1);
    }
    append_header(file, fields, out);
    return {};
  }
  std::string records = record("path", file.path);
  if (file.is_link) records += record("linkpath", file.link);
  fields.name = kPaxName;
  if (file.is_link) fields.link = kPaxName;
  Fields pax = fields;
  pax.type = 'x';
  pax.size = records.size();
  append_header(file, pax, out);
  out += records;
  out.append(tar_padding(records.size()), '\0');
  append_header(file, fields, out);
  return {};
}

}  // namespace stillage::archive
