// SPDX-License-Identifier: MIT
#include "stillage/cache_options.h"

#include <fmt/format.h>

#include "base/strings.h"

namespace stillage {
namespace {

const char* mode_name(CacheMode mode) {
  switch (mode) {
    case CacheMode::read_write:
      return "read-write";
    case CacheMode::read_only:
      return "read-only";
    case CacheMode::write_only:
      return "write-only";
    case CacheMode::pass:
      return "off";
  }
  return "?";
}

std::string list_text(const std::vector<std::string>& list) {
  return "[" + base::printable(base::join(list, ", ")) + "]";
}

}  // namespace

std::string to_string(const CacheOptions& options) {
  std::string text = fmt::format("mode={}", mode_name(options.mode));
  if (const auto& storage = options.cache_storage_config) {
    text += fmt::format(" provider={}", base::printable(storage->provider));
    // Any of them may be a secret, under any name.
    for (const auto& [name, value] : storage->options)
      text += fmt::format(" {}=<redacted>", base::printable(name));
    if (storage->max_size != 0) text += fmt::format(" maxSize={}", storage->max_size);
    if (!storage->credential_name.empty())
      text += fmt::format(" credentialName={}", base::printable(storage->credential_name));
  }
  if (!options.internal_cache_folder.empty())
    text += fmt::format(" internalCacheFolder={}", base::printable(options.internal_cache_folder));
  if (options.output_glob) text += " outputGlob=" + list_text(*options.output_glob);
  if (options.environment_glob) text += " environmentGlob=" + list_text(*options.environment_glob);
  // People put what they like into a cache key; that there is one is enough to know.
  if (!options.cache_key.empty()) text += " cacheKey=<set>";
  if (options.write_remote_cache) text += " writeRemoteCache";
  if (options.upload_wait != CacheOptions().upload_wait)
    text += fmt::format(" uploadWait={}", static_cast<double>(options.upload_wait.count()) / 1000);
  if (options.skip_local_cache) text += " skipLocalCache";
  if (options.incremental_caching) text += " incrementalCaching";
  if (options.local_cache_size) text += fmt::format(" localCacheSize={}", *options.local_cache_size);
  return text;
}

}  // namespace stillage
