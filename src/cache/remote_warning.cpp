// SPDX-License-Identifier: MIT
#include "cache/remote_warning.h"

#include <fmt/format.h>

#include "base/log.h"
#include "blob/advice.h"

namespace stillage::cache {

void tell_failure(const CacheName& cache, std::string_view what, const Error& error) {
  const std::string_view advice = blob::advice_for(error.kind);
  base::warn_once(cache.topic,
                  fmt::format("{} could not {} ({}): the build goes on without it{}{}", cache.name, what,
                              error.message, advice.empty() ? "" : "; ", advice));
}

}  // namespace stillage::cache
