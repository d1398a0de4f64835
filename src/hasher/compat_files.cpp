// SPDX-License-Identifier: MIT
#include "hasher/compat_files.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/hex.h"
#include "base/log.h"
#include "base/strings.h"
#include "hasher/cold_seed.h"
#include "hasher/file_digest.h"
#include "os/file.h"
#include "os/path.h"
#include "os/thread_pool.h"

namespace stillage::hasher {
namespace {

constexpr std::size_t kStatGrain = 256;
constexpr std::size_t kReadGrain = 16;

/// As glob-hasher keys a path: without "." and empty segments; ".." stays.
std::string plain_spelling(std::string_view path) {
  std::string plain;
  if (path.starts_with('/')) plain = "/";
  for (const std::string_view segment : base::split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (!plain.empty() && plain != "/") plain += '/';
    plain += segment;
  }
  return plain;
}

bool names_itself(std::string_view path) {
  return !path.starts_with('.') ? path.find("//") == std::string_view::npos &&
                                      path.find("/./") == std::string_view::npos && !path.starts_with('/')
                                : plain_spelling(path) == path;
}

struct Wanted {
  std::string path;
  bool read_anew = false;
  std::optional<EnteredFile> entered = {};
};

/// Each file once, read anew if any spelling asks for it.
std::vector<Wanted> wanted_files(const std::vector<std::string_view>& paths) {
  std::vector<Wanted> wanted;
  wanted.reserve(paths.size());
  base::StringMap<std::size_t> odd;
  for (const std::string_view path : paths) {
    if (names_itself(path)) {
      wanted.push_back({.path = std::string(path)});
      continue;
    }
    std::string plain = plain_spelling(path);
    if (odd.try_emplace(plain, wanted.size()).second)
      wanted.push_back({.path = std::move(plain), .read_anew = true});
  }
  if (odd.empty()) return wanted;
  std::erase_if(wanted, [&](const Wanted& file) { return !file.read_anew && odd.contains(file.path); });
  return wanted;
}

}  // namespace

/// What glob-hasher reads at `path`.
Result<std::optional<EnteredFile>> CompatFiles::read(const std::string& path) const {
  const std::string full = os::join_path(root_, path);
  STILLAGE_ASSIGN(const auto stat, os::stat_path(full, os::Links::follow));
  if (!stat) return std::optional<EnteredFile>();
  EnteredFile file{.path = path, .hash = "", .stat = *stat};
  if (!stat->is_regular()) return std::optional(std::move(file));
  const auto digested = digest_file(AT_FDCWD, full, LineEndings::as_glob_hasher, os::Links::follow);
  if (digested) {
    if (!*digested) return std::optional<EnteredFile>();
    file.stat = (*digested)->stat;
    file.hash = base::to_hex((*digested)->digest);
    if ((*digested)->size != file.stat.size)
      base::warn_once(
          "line ends",
          fmt::format("{} has CRLF line ends (or ends in CR): lage's hash of it is another one in a fresh "
                      "clone, which may miss; keep it with LF, or leave out compat \"lage\"",
                      base::printable(path)));
    return std::optional(std::move(file));
  }
  // lage takes what it may not read for nothing; what is readable but does not hold still has no digest.
  if (os::open_path(full, O_RDONLY | O_NONBLOCK)) return tl::make_unexpected(digested.error());
  base::warn_once("unreadable " + full, fmt::format("{}; it enters no hash", digested.error().message));
  return std::optional(std::move(file));
}

Result<std::vector<EnteredFile>> CompatFiles::digest(const std::vector<std::string_view>& paths) {
  std::vector<Wanted> wanted = wanted_files(paths);
  os::parallel_for(wanted.size(), kStatGrain, [&](std::size_t i) {
    Wanted& file = wanted[i];
    const ManifestEntry* const known = file.read_anew ? nullptr : manifest_.find(file.path);
    if (known == nullptr) return;
    const auto stat = os::stat_path(os::join_path(root_, file.path), os::Links::follow);
    if (stat && *stat && to_milliseconds((*stat)->mtime_ns) == known->mtime_ms &&
        (*stat)->size == known->size)
      file.entered = EnteredFile{.path = file.path, .hash = known->hash, .stat = **stat};
  });
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (!wanted[i].entered) unknown.push_back(i);
  std::vector<Result<std::optional<EnteredFile>>> read_files(unknown.size());
  os::parallel_for(unknown.size(), kReadGrain,
                   [&](std::size_t i) { read_files[i] = read(wanted[unknown[i]].path); });
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    STILLAGE_ASSIGN(auto file, std::move(read_files[i]));
    if (file && !file->path.starts_with('/'))
      manifest_.set(file->path, {to_milliseconds(file->stat.mtime_ns), file->stat.size, file->hash});
    wanted[unknown[i]].entered = std::move(file);
  }
  std::vector<EnteredFile> entered;
  entered.reserve(wanted.size());
  for (Wanted& file : wanted)
    if (file.entered) entered.push_back(std::move(*file.entered));
  return entered;
}

Result<std::vector<EnteredFile>> CompatFiles::digest_directly(const std::vector<std::string>& paths) const {
  std::vector<std::string> plain;
  for (const std::string& path : paths) plain.push_back(plain_spelling(path));
  std::sort(plain.begin(), plain.end());
  plain.erase(std::unique(plain.begin(), plain.end()), plain.end());
  std::vector<Result<std::optional<EnteredFile>>> read_files(plain.size());
  os::parallel_for(plain.size(), kReadGrain, [&](std::size_t i) { read_files[i] = read(plain[i]); });
  std::vector<EnteredFile> entered;
  for (auto& file : read_files) {
    if (!file) return tl::make_unexpected(file.error());
    if (*file) entered.push_back(std::move(**file));
  }
  return entered;
}

Result<bool> CompatFiles::is_changed(const EnteredFile& file) const {
  const std::string full = os::join_path(root_, file.path);
  STILLAGE_ASSIGN(const auto stat, os::stat_path(full, os::Links::follow));
  if (!stat) return true;
  if (same_content(*stat, file.stat)) return false;
  if (!stat->is_regular()) return file.stat.is_regular();
  // What entered may be of the raw bytes (from git) or of normalised ones.
  for (const LineEndings line_endings : {LineEndings::as_glob_hasher, LineEndings::as_they_are}) {
    STILLAGE_ASSIGN(const auto digested, digest_file(AT_FDCWD, full, line_endings, os::Links::follow));
    if (digested && base::to_hex(digested->digest) == file.hash) return false;
  }
  return true;
}

Result<std::optional<std::string>> CompatFiles::first_changed(const std::vector<EnteredFile>& files) const {
  for (const EnteredFile& file : files) {
    STILLAGE_ASSIGN(const bool changed, is_changed(file));
    if (changed) return std::optional(file.path);
  }
  return std::optional<std::string>();
}

}  // namespace stillage::hasher
