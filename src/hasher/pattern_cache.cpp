// SPDX-License-Identifier: MIT
#include "hasher/pattern_cache.h"

#include "base/bytes.h"

namespace stillage::hasher {

Result<SharedPatterns> PatternCache::compile(const std::vector<std::string>& patterns) {
  std::string identity = identity_of(patterns);
  if (const auto it = known_.find(identity); it != known_.end()) return it->second;
  STILLAGE_ASSIGN(glob::PatternList list, glob::compile_native(patterns));
  auto shared = std::make_shared<const glob::PatternList>(std::move(list));
  known_.emplace(std::move(identity), shared);
  return SharedPatterns(std::move(shared));
}

std::string identity_of(const std::vector<std::string>& texts) {
  base::ByteWriter writer;
  for (const std::string& text : texts) writer.text(text);
  return writer.take();
}

}  // namespace stillage::hasher
