// SPDX-License-Identifier: MIT
#include "vector_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/base64.h"
#include "os/command.h"
#include "os/dir.h"
#include "os/file.h"
#include "support/temp_dir.h"

namespace stillage::compat {
namespace {

/// Surrogate U+D8xx stands as U+10D8xx, whose escape is the pair \udbf6\udcxx and so on: a private plane that
/// the vectors do not use.
constexpr std::uint32_t kPrivatePlane = 0x100000;

std::optional<std::uint32_t> unit_at(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  std::uint32_t unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const char c = text[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    unit = unit << 4 | static_cast<std::uint32_t>(digit);
  }
  return unit;
}

bool is_between(std::optional<std::uint32_t> unit, std::uint32_t first, std::uint32_t last) {
  return unit && *unit >= first && *unit <= last;
}

std::string without_lone_surrogates(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      out += text[at++];
      continue;
    }
    const auto unit = unit_at(text, at);
    if (is_between(unit, 0xD800, 0xDBFF) && is_between(unit_at(text, at + 6), 0xDC00, 0xDFFF)) {
      out += text.substr(at, 12);
      at += 12;
    } else if (is_between(unit, 0xD800, 0xDFFF)) {
      const std::uint32_t offset = kPrivatePlane + *unit - 0x10000;
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF));
      at += 6;
    } else {
      out += text.substr(at, 2);
      at += 2;
    }
  }
  return out;
}

Result<std::string> gunzip(std::string_view bytes) {
  const test::TempDir dir;
  dir.write("bytes.gz", bytes);
  STILLAGE_ASSIGN(
      os::CommandOutput output,
      os::run_command({.argv = {"gzip", "-dc", dir / "bytes.gz"}, .dir = "", .env = os::environment()}));
  if (output.exit_code != 0) return fail(ErrorKind::corrupt, output.err);
  return std::move(output.out);
}

}  // namespace

Result<base::Json> read_vectors(const std::string& path) {
  STILLAGE_ASSIGN(const std::string text, os::read_file(path));
  return base::parse_json(without_lone_surrogates(text), path);
}

std::string text_of(const base::Json& value) {
  std::string text = value.get<std::string>();
  // U+10D800 to U+10DFFF are F4 8D A0 80 to F4 8D BF BF; the surrogates themselves are ED A0 80 to ED BF BF.
  std::size_t at = 0;
  while ((at = text.find("\xF4\x8D", at)) != std::string::npos) {
    if (static_cast<unsigned char>(text[at + 2]) >= 0xA0) text.replace(at, 2, "\xED");
    ++at;
  }
  return text;
}

std::vector<std::string> texts_of(const base::Json& value) {
  if (value.is_string()) return {text_of(value)};
  std::vector<std::string> texts;
  for (const base::Json& one : value) texts.push_back(text_of(one));
  return texts;
}

Result<std::string> content_of(const base::Json& holder) {
  if (holder.contains("content")) return text_of(holder["content"]);
  const bool packed = holder.contains("base64Gzip");
  const auto bytes = base::from_base64(holder.at(packed ? "base64Gzip" : "base64").get<std::string>());
  if (!bytes) return fail(ErrorKind::corrupt, "no base64");
  return packed ? gunzip(*bytes) : Result<std::string>(*bytes);
}

std::vector<std::string> json_files(const std::string& folder) {
  std::vector<std::string> names;
  if (const auto entries = os::list_dir(folder))
    for (const os::DirEntry& entry : *entries)
      if (entry.name.ends_with(".json")) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace stillage::compat
