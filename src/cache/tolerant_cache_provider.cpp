// SPDX-License-Identifier: MIT
#include "cache/tolerant_cache_provider.h"

#include <fmt/format.h>

#include "base/log.h"
#include "cache/remote_warning.h"

namespace stillage::cache {
namespace {

/// Failures that the next request would only repeat, and wait for.
bool means_out_of_reach(ErrorKind kind) {
  return kind == ErrorKind::network || kind == ErrorKind::timeout || kind == ErrorKind::auth;
}

}  // namespace

TolerantCacheProvider::TolerantCacheProvider(std::shared_ptr<CacheProvider> inner, std::string name,
                                             TolerantOptions options)
    : inner_(std::move(inner)), name_(std::move(name)), options_(std::move(options)) {}

void TolerantCacheProvider::note_success() {
  // Once it rests it stays so: requests that were under way do not wake it.
  int failures = failures_;
  while (failures > 0 && !is_resting() && !failures_.compare_exchange_weak(failures, 0)) {
  }
}

void TolerantCacheProvider::note_failure(const Error& error, const char* what) {
  if (error.kind == ErrorKind::cancelled) return;
  const std::string topic =
      options_.topic.empty() ? fmt::format("{} {} {}", name_, what, to_string(error.kind)) : options_.topic;
  tell_failure({.name = name_, .topic = topic}, what, error);
  if (means_out_of_reach(error.kind) && ++failures_ == options_.rests_after)
    base::warn_once(name_ + " rests", fmt::format("{} is not used for the rest of this run", name_));
}

Result<std::unique_ptr<CacheHit>> TolerantCacheProvider::look_up(const std::string& hash,
                                                                 const Target& target) {
  if (is_resting()) return std::unique_ptr<CacheHit>();
  auto hit = inner_->look_up(hash, target);
  if (hit) {
    note_success();
    return hit;
  }
  note_failure(hit.error(), "be read");
  return std::unique_ptr<CacheHit>();
}

Status TolerantCacheProvider::prepare(const Target& target) {
  const Status prepared = inner_->prepare(target);
  const std::lock_guard lock(mutex_);
  if (prepared) {
    not_prepared_.erase(target.id);
    return {};
  }
  base::warn_once("not prepared " + target.id,
                  fmt::format("outputs of {} could not be made ready for a run ({})", target.id,
                              prepared.error().message));
  not_prepared_.insert_or_assign(target.id, prepared.error().message);
  return {};
}

Status TolerantCacheProvider::abandon(const Target& target) {
  const Status abandoned = inner_->abandon(target);
  if (!abandoned) note_failure(abandoned.error(), "be told of a failed run");
  return {};
}

Result<PutResult> TolerantCacheProvider::put(const std::string& hash, const Target& target,
                                             const RunResult& run) {
  {
    const std::lock_guard lock(mutex_);
    const auto why = not_prepared_.find(target.id);
    if (why != not_prepared_.end())
      return PutResult{
          .entry = nullptr,
          .not_stored_because = "its outputs could not be made ready for the run: " + why->second};
  }
  if (is_resting()) return PutResult{.entry = nullptr, .not_stored_because = name_ + " is out of reach"};
  auto stored = inner_->put(hash, target, run);
  if (stored) {
    note_success();
    return stored;
  }
  note_failure(stored.error(), "be written");
  return PutResult{.entry = nullptr, .not_stored_because = stored.error().message};
}

Status TolerantCacheProvider::tolerate(const Status& stored) {
  if (stored)
    note_success();
  else if (stored.error().kind == ErrorKind::unsupported)
    return stored;
  else
    note_failure(stored.error(), "be written");
  return {};
}

Status TolerantCacheProvider::put_archive(const std::string& hash, const Target& target,
                                          const std::string& archive) {
  if (is_resting()) return {};
  return tolerate(inner_->put_archive(hash, target, archive));
}

Status TolerantCacheProvider::put_folder(const std::string& hash, const Target& target,
                                         const std::string& folder, const RunResult& run) {
  if (is_resting()) return {};
  return tolerate(inner_->put_folder(hash, target, folder, run));
}

}  // namespace stillage::cache
