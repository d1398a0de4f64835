// SPDX-License-Identifier: MIT
#include "archive/tar_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "archive/tar_header.h"
#include "base/strings.h"
#include "os/path.h"

namespace stillage::archive {
namespace {

/// Records and names beyond this are nobody's: paths of Linux end at 4 KiB.
constexpr std::uint64_t kLongestText = 64 << 10;
constexpr std::size_t kLongestPath = 4095;
constexpr std::size_t kLongestName = 255;
constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 62;

/// A text field ends at its first NUL, or where it ends.
std::string_view text_field(std::string_view block, std::size_t at, std::size_t size) {
  const std::string_view field = block.substr(at, size);
  return field.substr(0, field.find('\0'));
}

/// Octal digits between spaces and NULs, or a big-endian number after a byte 0x80; nothing if it is neither
/// or too large. An empty field is 0.
std::optional<std::int64_t> number_field(std::string_view block, std::size_t at, std::size_t size) {
  std::string_view field = block.substr(at, size);
  std::uint64_t value = 0;
  if (field.front() == '\x80') {
    for (const char c : field.substr(1)) {
      if (value > kLargestFile >> 8) return std::nullopt;
      value = value << 8 | static_cast<std::uint8_t>(c);
    }
    return static_cast<std::int64_t>(value);
  }
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  field = field.substr(0, field.find_first_of(std::string_view(" \0", 2)));
  // The times before 1970 that backfill writes: zeros, a sign, digits.
  const std::size_t sign = field.find('-');
  if (sign != std::string_view::npos) {
    if (field.substr(0, sign).find_first_not_of('0') != std::string_view::npos) return std::nullopt;
    field.remove_prefix(sign + 1);
  }
  for (const char c : field) {
    if (c < '0' || c > '7') return std::nullopt;
    value = value * 8 + static_cast<std::uint64_t>(c - '0');
  }
  const auto number = static_cast<std::int64_t>(value);
  return sign == std::string_view::npos ? number : -number;
}

bool is_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

bool has_right_checksum(std::string_view block) {
  std::int64_t sum = 8 * ' ';
  for (std::size_t i = 0; i < block.size(); ++i)
    if (i < 148 || i >= 156) sum += static_cast<std::uint8_t>(block[i]);
  return number_field(block, 148, 8) == sum;
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

tl::unexpected<Error> TarReader::wrong(std::string_view what) const {
  return fail(ErrorKind::corrupt, fmt::format("the tar is damaged: {} (byte {})", what, offset_));
}

Status TarReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t before = bytes.size();
    Status done = step(bytes);
    consumed_ += before - bytes.size();
    if (!done) {
      state_ = State::failed;
      return done;
    }
  }
  return {};
}

Status TarReader::finish() const {
  if (state_ == State::ended) return {};
  if (consumed_ == 0) return fail(ErrorKind::corrupt, "the tar is empty: not even its end is there");
  return fail(ErrorKind::corrupt, fmt::format("the tar was cut off after {} bytes", consumed_));
}

/// Takes bytes off the front, as many as the state wants of those that are there.
Status TarReader::step(std::string_view& bytes) {
  const auto take = [&bytes](std::uint64_t wanted) {
    const std::string_view taken =
        bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(wanted, bytes.size())));
    bytes.remove_prefix(taken.size());
    return taken;
  };
  switch (state_) {
    case State::header:
      if (block_.empty()) offset_ = consumed_;
      block_ += take(kTarBlock - block_.size());
      if (block_.size() < kTarBlock) return {};
      STILLAGE_TRY(on_header());
      block_.clear();
      return {};
    case State::text: {
      const std::string_view taken = take(left_);
      text_ += taken;
      left_ -= taken.size();
      if (left_ > 0) return {};
      STILLAGE_TRY(on_text());
      left_ = padding_;
      state_ = left_ > 0 ? State::padding : State::header;
      return {};
    }
    case State::content: {
      const std::string_view taken = take(left_);
      left_ -= taken.size();
      STILLAGE_TRY(visitor_.write(taken));
      if (left_ > 0) return {};
      left_ = padding_;
      state_ = State::padding;
      return left_ > 0 ? Status() : end_member();
    }
    case State::padding:
      left_ -= take(left_).size();
      if (left_ > 0) return {};
      state_ = State::header;
      return in_member_ ? end_member() : Status();
    case State::ended:
      offset_ = consumed_;
      if (!is_zero(take(bytes.size()))) return wrong("something follows its end");
      return {};
    case State::failed:
      break;
  }
  return wrong("it could not be read so far");
}

Status TarReader::end_member() {
  state_ = State::header;
  in_member_ = false;
  return visitor_.end(member_);
}

Status TarReader::on_header() {
  if (is_zero(block_)) {
    if (own_.path || own_.link || own_.size) return wrong("the entry that a long name belongs to is missing");
    if (++zero_blocks_ == 2) state_ = State::ended;
    return {};
  }
  if (zero_blocks_ > 0) return wrong("a block of zeros is in its middle");
  if (!has_right_checksum(block_)) return wrong("a header's checksum is wrong");
  const std::string_view block = block_;
  const bool is_ustar = block.substr(257, 6) == std::string_view("ustar\0", 6);
  const bool is_gnu = block.substr(257, 8) == std::string_view("ustar  \0", 8);
  if (!is_ustar && !is_gnu) return wrong("a header is of no known format");
  const auto size = number_field(block, 124, 12);
  if (!size || *size < 0) return wrong("a size is no number");
  const auto length = static_cast<std::uint64_t>(*size);
  const char type = block[156];
  switch (type) {
    case 'x':
      return begin_text(Text::pax, length);
    case 'g':
      return begin_text(Text::global_pax, length);
    case 'L':
    case 'N':
      return begin_text(Text::long_name, length);
    case 'K':
      return begin_text(Text::long_link, length);
    default:
      break;
  }
  member_ = {};
  std::string name(text_field(block, 0, 100));
  if (is_ustar && block[345] != '\0') name = std::string(text_field(block, 345, 155)) + "/" + name;
  if (own_.path)
    name = *own_.path;
  else if (global_.path)
    name = *global_.path;
  std::string link(text_field(block, 157, 100));
  if (own_.link)
    link = *own_.link;
  else if (global_.link)
    link = *global_.link;
  member_.size = own_.size.value_or(global_.size.value_or(length));
  own_ = {};
  const auto mode = number_field(block, 100, 8);
  const auto mtime = number_field(block, 136, 12);
  if (!mode || *mode < 0 || !mtime) return wrong("a mode or a time is no number");
  member_.mode = static_cast<std::uint32_t>(*mode) & 07777;
  member_.mtime = *mtime;
  const bool names_folder = name.ends_with('/');
  STILLAGE_TRY(place(member_, std::move(name), std::move(link)));
  return on_member(names_folder && (type == '0' || type == '\0') ? '5' : type);
}

Status TarReader::on_member(char type) {
  switch (type) {
    case '0':
    case '\0':
    case '7':
      member_.kind = TarKind::file;
      break;
    case '1':
      member_.kind = TarKind::hard_link;
      break;
    case '2':
      member_.kind = TarKind::symlink;
      break;
    case '5':
      member_.kind = TarKind::directory;
      break;
    default:
      return wrong(
          fmt::format("{} is neither a file nor a link nor a folder", base::printable(member_.path)));
  }
  const bool is_file = member_.kind == TarKind::file;
  // The folder of all has no name of its own, and is there.
  if (member_.path.empty() && member_.kind != TarKind::directory) return wrong("a name is missing");
  if (!is_file && member_.size != 0 && member_.kind != TarKind::directory)
    return wrong(base::printable(member_.path) + " is a link with content");
  if (member_.size > kLargestFile) return wrong("a size is out of all proportion");
  if (!is_file) member_.size = 0;
  in_member_ = true;
  STILLAGE_TRY(visitor_.begin(member_));
  if (member_.size == 0) return end_member();
  left_ = member_.size;
  padding_ = tar_padding(member_.size);
  state_ = State::content;
  return {};
}

Status TarReader::place(TarMember& member, std::string name, std::string link) const {
  if (name.find('\0') != std::string::npos || link.find('\0') != std::string::npos)
    return wrong("a name holds a NUL");
  if (name.size() > kLongestPath || link.size() > kLongestPath) return wrong("a name is too long");
  // What leads upwards ends at the folder itself: "/.." is "/".
  member.path = os::normalise_path("/" + name).substr(1);
  for (const std::string_view segment : base::split(member.path, '/'))
    if (segment.size() > kLongestName) return wrong("a name is too long");
  member.link = std::move(link);
  return {};
}

Status TarReader::begin_text(Text text, std::uint64_t size) {
  if (size > kLongestText) return wrong("a name or a record is too long");
  text_kind_ = text;
  text_.clear();
  left_ = size;
  padding_ = tar_padding(size);
  if (size > 0)
    state_ = State::text;
  else
    STILLAGE_TRY(on_text());
  return {};
}

Status TarReader::on_text() {
  const std::string_view until_nul = std::string_view(text_).substr(0, text_.find('\0'));
  switch (text_kind_) {
    case Text::pax:
      return read_pax(own_);
    case Text::global_pax:
      global_ = {};
      return read_pax(global_);
    case Text::long_name:
      own_.path = until_nul;
      return {};
    case Text::long_link:
      own_.link = until_nul;
      return {};
  }
  return {};
}

Status TarReader::read_pax(Extended& into) const {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const std::size_t space = rest.find(' ');
    const auto length = decimal(rest.substr(0, std::min(space, rest.size())));
    if (space == std::string_view::npos || !length || *length <= space + 1 || *length > rest.size() ||
        rest[static_cast<std::size_t>(*length) - 1] != '\n')
      return wrong("a PAX record makes no sense");
    const std::string_view record = rest.substr(space + 1, static_cast<std::size_t>(*length) - space - 2);
    rest.remove_prefix(static_cast<std::size_t>(*length));
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos) return wrong("a PAX record makes no sense");
    const std::string_view key = record.substr(0, equals);
    const std::string_view value = record.substr(equals + 1);
    if (key == "path" && !value.empty()) into.path = value;
    if (key == "linkpath" && !value.empty()) into.link = value;
    if (key == "size") {
      into.size = decimal(value);
      if (!into.size) return wrong("a size is no number");
    }
    if (key.starts_with("GNU.sparse.")) return wrong("it has sparse files, which are not supported");
  }
  return {};
}

}  // namespace stillage::archive
