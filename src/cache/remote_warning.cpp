// SPDX-License-Identifier: MIT
#include "cache/remote_warning.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "blob/advice.h"

namespace stillage::cache {

void tell_failure(const CacheName& cache, std::string_view what, const Error& error) {
  const std::string_view advice = blob::advice_for(error.kind);
  base::warn_once(cache.topic,
                  fmt::format("{} could not {} ({}): the build goes on without it{}{}", cache.name, what,
                              error.message, advice.empty() ? "" : "; ", advice));
}

void tell_dropped(const CacheName& cache, const UploadsEnd& end) {
  const char* const why = end.why == WaitEnd::too_long      ? "they took too long"
                          : end.why == WaitEnd::no_progress ? "nothing moved any more"
                                                            : nullptr;
  if (end.dropped.entries == 0 || why == nullptr) return;
  base::warn_once(cache.topic, fmt::format("{} entries ({}) were not uploaded to {}: {}", end.dropped.entries,
                                           base::human_size(end.dropped.bytes), cache.name, why));
}

}  // namespace stillage::cache
