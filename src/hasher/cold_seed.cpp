// SPDX-License-Identifier: MIT
#include "hasher/cold_seed.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/hex.h"
#include "base/log.h"
#include "git/content_ids.h"
#include "hasher/file_digest.h"
#include "os/path.h"
#include "os/thread_pool.h"

namespace stillage::hasher {
namespace {

constexpr std::size_t kSeedGrain = 64;
constexpr std::int64_t kNsInMs = 1'000'000;

/// A path with its id, as far as that is known already.
struct Known {
  std::string path;
  std::string id;
};

/// What is remembered of a file; nothing if it is not there, or has no content to read.
std::optional<ManifestEntry> entry_of(const std::string& root, const Known& known) {
  const std::string path = os::join_path(root, known.path);
  auto stat = os::stat_path(path, os::Links::follow).value_or(std::nullopt);
  if (!stat) return std::nullopt;
  std::string id = known.id;
  if (id.empty()) {
    if (!stat->is_regular()) return std::nullopt;
    const auto digested = digest_file(AT_FDCWD, path, LineEndings::as_they_are, os::Links::follow);
    if (!digested || !*digested) return std::nullopt;
    stat = (*digested)->stat;
    id = base::to_hex((*digested)->digest);
  }
  return ManifestEntry{to_milliseconds(stat->mtime_ns), stat->size, std::move(id)};
}

std::vector<Known> known_by_index(const git::PlainListing& listing) {
  std::vector<Known> all;
  all.reserve(listing.files.size());
  for (const git::PlainFile& file : listing.files)
    all.push_back({file.path, file.clean_id ? base::to_hex(*file.clean_id) : std::string()});
  return all;
}

std::vector<Known> known_by_git(const std::string& root) {
  std::vector<Known> all;
  auto ids = git::content_ids(root);
  if (!ids) {
    base::warn_once("cold seed", fmt::format("file digests are made without git: {}", ids.error().message));
    return all;
  }
  for (auto& [path, id] : *ids) all.push_back({path, std::move(id)});
  return all;
}

}  // namespace

std::int64_t to_milliseconds(std::int64_t ns) {
  return ns / kNsInMs - (ns % kNsInMs < 0 ? 1 : 0);
}

FileManifest seed_manifest(const std::string& root, const git::PlainListing& listing) {
  FileManifest manifest;
  if (!listing.has_git) return manifest;
  const std::vector<Known> all = listing.ids_need_git ? known_by_git(root) : known_by_index(listing);
  std::vector<std::optional<ManifestEntry>> entries(all.size());
  os::parallel_for(all.size(), kSeedGrain, [&](std::size_t i) { entries[i] = entry_of(root, all[i]); });
  for (std::size_t i = 0; i < all.size(); ++i)
    if (entries[i]) manifest.set(all[i].path, std::move(*entries[i]));
  return manifest;
}

}  // namespace stillage::hasher
