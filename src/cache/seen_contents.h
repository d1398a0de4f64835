// SPDX-License-Identifier: MIT
#pragma once
// For incremental caching: what the files of a package held when its hash was looked up in vain, so that
// those that the run leaves as they were need not be stored. Kept in memory, as the originals do. Safe for
// use from many threads.

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/strings.h"

namespace stillage::cache {

class SeenContents {
 public:
  /// Remembers all files of the folder `package` except its node_modules.
  void remember(const std::string& hash, const std::string& package);

  /// Those of `paths` that can't be shown to hold what they held then: all of them, if nothing is remembered.
  std::vector<std::string> changed_of(const std::string& hash, const std::string& package,
                                      const std::vector<std::string>& paths) const;

 private:
  using Digests = std::map<std::string, base::Sha256Digest, std::less<>>;
  mutable std::mutex mutex_;
  base::StringMap<Digests> seen_;
};

}  // namespace stillage::cache
