// SPDX-License-Identifier: MIT
#pragma once
// How people are told that a cache failed: in one sentence that says what, where and what to do.

#include <string>
#include <string_view>

#include "cache/upload_queue.h"
#include "stillage/result.h"

namespace stillage::cache {

/// What people call a cache, and under which topic it is spoken of: of one topic, one warning.
struct CacheName {
  std::string name;
  std::string topic;
};

/// Warns, unless something was told of this topic already, that the cache could not `what` ("be read").
void tell_failure(const CacheName& cache, std::string_view what, const Error& error);

/// Warns likewise of uploads that were dropped because they took too long or did not move; of those that the
/// user stopped there is nothing to tell.
void tell_dropped(const CacheName& cache, const UploadsEnd& end);

}  // namespace stillage::cache
