// SPDX-License-Identifier: MIT
#include "cache/seen_contents.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>

#include "glob/find_files.h"
#include "os/file.h"
#include "os/stat.h"

namespace stillage::cache {
namespace {

/// Nothing if the file can't be read: then nobody knows what it holds.
std::optional<base::Sha256Digest> digest_of(const std::string& path) {
  const auto file = os::open_path(path, O_RDONLY | O_NONBLOCK);
  if (!file) return std::nullopt;
  const auto stat = os::stat_fd(file->get());
  if (!stat || !stat->is_regular()) return std::nullopt;
  base::Sha256 digest;
  std::string buffer(128 << 10, '\0');
  while (true) {
    const ssize_t got = ::read(file->get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return digest.finish();
    digest.update({buffer.data(), static_cast<std::size_t>(got)});
  }
}

}  // namespace

void SeenContents::remember(const std::string& hash, const std::string& package) {
  Digests digests;
  const auto files = glob::find_files(package, {"**/*", "!node_modules"}, {.dot = true, .working_dir = {}});
  if (files)
    for (const std::string& path : *files)
      if (const auto digest = digest_of(package + "/" + path)) digests.emplace(path, *digest);
  const std::lock_guard lock(mutex_);
  seen_.insert_or_assign(hash, std::move(digests));
}

std::vector<std::string> SeenContents::changed_of(const std::string& hash, const std::string& package,
                                                  const std::vector<std::string>& paths) const {
  Digests then;
  {
    const std::lock_guard lock(mutex_);
    const auto found = seen_.find(hash);
    if (found == seen_.end()) return paths;
    then = found->second;
  }
  std::vector<std::string> changed;
  std::copy_if(paths.begin(), paths.end(), std::back_inserter(changed), [&](const std::string& path) {
    const auto seen = then.find(path);
    return seen == then.end() || digest_of(package + "/" + path) != seen->second;
  });
  return changed;
}

}  // namespace stillage::cache
