// SPDX-License-Identifier: MIT
#include "hasher/file_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/log.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::hasher {
namespace {

constexpr std::uint64_t kLargestManifest = std::uint64_t{1} << 30;

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

/// Empty, or a SHA-1 or SHA-256 in hex: a hash cut short must not be believed.
bool is_hash(std::string_view text) {
  if (!text.empty() && text.size() != 40 && text.size() != 64) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

struct Line {
  std::string_view path;
  ManifestEntry entry;
};

std::optional<Line> parse_line(std::string_view text) {
  const auto fields = base::split(text, '\0');
  Line line;
  if (fields.size() != 4 || fields[0].empty()) return std::nullopt;
  if (!parse_number(fields[1], line.entry.mtime_ms) || !parse_number(fields[2], line.entry.size) ||
      !is_hash(fields[3]))
    return std::nullopt;
  line.path = fields[0];
  line.entry.hash = fields[3];
  return line;
}

/// Node's readline also ends lines at U+2028 and U+2029.
bool spans_lines(std::string_view path) {
  return path.find_first_of("\n\r") != std::string_view::npos ||
         path.find("\xE2\x80\xA8") != std::string_view::npos ||
         path.find("\xE2\x80\xA9") != std::string_view::npos;
}

}  // namespace

std::string FileManifest::path_in(const std::string& root) {
  return os::join_path(root, "node_modules/.cache/lage/file_hashes.manifest");
}

Result<std::optional<FileManifest>> FileManifest::read(const std::string& path) {
  STILLAGE_ASSIGN(const auto text, os::read_file_if_any(path, kLargestManifest));
  if (!text) return std::optional<FileManifest>();
  FileManifest manifest = parse(*text);
  if (manifest.damaged_lines() > 0)
    base::warn_once("manifest " + path,
                    fmt::format("{}: {} damaged line(s) passed over; the files are read again",
                                base::printable(path), manifest.damaged_lines()));
  return std::optional(std::move(manifest));
}

FileManifest FileManifest::parse(std::string_view text) {
  FileManifest manifest;
  if (text.empty()) return manifest;
  // The rest of a name with a line feed would pass for an entry of another file.
  bool may_be_a_rest = false;
  for (const std::string_view text_line : base::split(text, '\n')) {
    auto line = parse_line(text_line);
    if (line && !may_be_a_rest) {
      manifest.set(line->path, std::move(line->entry));
      continue;
    }
    ++manifest.damaged_lines_;
    may_be_a_rest = !line && text_line.find('\0') == std::string_view::npos;
  }
  return manifest;
}

Status FileManifest::write(const std::string& path) const {
  STILLAGE_TRY(os::make_dirs(std::string(os::parent_path(path))));
  return os::write_file_atomic(path, text());
}

std::string FileManifest::text() const {
  std::vector<std::pair<std::string_view, const ManifestEntry*>> sorted;
  sorted.reserve(entries_.size());
  for (const auto& [path, entry] : entries_)
    if (!spans_lines(path)) sorted.emplace_back(path, &entry);
  std::sort(sorted.begin(), sorted.end());
  fmt::memory_buffer text;
  for (const auto& [path, entry] : sorted) {
    if (text.size() > 0) text.push_back('\n');
    text.append(path);
    fmt::format_to(std::back_inserter(text), "{0}{1}{0}{2}{0}{3}", '\0', entry->mtime_ms, entry->size,
                   entry->hash);
  }
  return fmt::to_string(text);
}

const ManifestEntry* FileManifest::find(std::string_view path) const {
  const auto found = entries_.find(path);
  return found == entries_.end() ? nullptr : &found->second;
}

void FileManifest::set(std::string_view path, ManifestEntry entry) {
  entries_.insert_or_assign(std::string(path), std::move(entry));
}

}  // namespace stillage::hasher
