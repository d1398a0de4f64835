// SPDX-License-Identifier: MIT
// What every CacheProvider does unless it says otherwise.
#include "stillage/cache_provider.h"

namespace stillage {

Result<std::optional<RestoreReport>> CacheHit::in_place(StaleOutputs) {
  return std::optional<RestoreReport>();
}

Result<bool> CacheProvider::fetch(const std::string& hash, const Target& target) {
  STILLAGE_ASSIGN(const auto hit, look_up(hash, target));
  if (!hit) return false;
  const auto restored = hit->restore();
  if (restored) return true;
  if (restored.error().kind == ErrorKind::corrupt) return false;
  return tl::make_unexpected(restored.error());
}

Status CacheProvider::prepare(const Target& /*target*/) {
  return {};
}

Status CacheProvider::abandon(const Target& /*target*/) {
  return {};
}

Status CacheProvider::put_archive(const std::string& /*hash*/, const Target& target,
                                  const std::string& /*archive*/) {
  return fail(ErrorKind::unsupported, "this cache does not keep archives, so the entry of " + target.id +
                                          " can't be stored in it as it is");
}

Status CacheProvider::put_folder(const std::string& /*hash*/, const Target& target,
                                 const std::string& /*folder*/, const RunResult& /*run*/) {
  return fail(ErrorKind::unsupported, "this cache does not keep folders of files, so the entry of " +
                                          target.id + " can't be stored in it as it is");
}

}  // namespace stillage
