// SPDX-License-Identifier: MIT
#pragma once
// The one place where a failure of a cache becomes a miss or a skipped write, so that a build goes on without
// it. Each kind of failure is told once; what was cancelled is no failure. After several failures in a row of
// reaching it, the cache is left alone for the rest of the run. Restoring is not made up for: what is half
// done must be known.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "base/strings.h"
#include "stillage/cache_provider.h"

namespace stillage::cache {

struct TolerantOptions {
  /// Failures are told once for each topic, by whoever has it; empty: once for each sort of failure.
  std::string topic = {};
  /// Leave the cache alone after so many failures in a row of reaching it; 0: that is somebody else's to do.
  int rests_after = 3;
};

class TolerantCacheProvider : public CacheProvider {
 public:
  /// `name` stands for the cache in messages: "the remote cache".
  TolerantCacheProvider(std::shared_ptr<CacheProvider> inner, std::string name, TolerantOptions options = {});

  Result<std::unique_ptr<CacheHit>> look_up(const std::string& hash, const Target& target) override;
  /// Fails never; but what a run makes that could not be prepared is not stored.
  Status prepare(const Target& target) override;
  /// Fails never.
  Status abandon(const Target& target) override;
  Result<PutResult> put(const std::string& hash, const Target& target, const RunResult& run = {}) override;
  /// A skipped write is a success here.
  Status put_archive(const std::string& hash, const Target& target, const std::string& archive) override;
  Status put_folder(const std::string& hash, const Target& target, const std::string& folder,
                    const RunResult& run = {}) override;
  /// These are what somebody asked for: their failures stay failures.
  Status clear() override { return inner_->clear(); }
  Status purge(int days) override { return inner_->purge(days); }
  bool is_read_only() const override { return inner_->is_read_only(); }

 private:
  Status tolerate(const Status& stored);
  bool is_resting() const { return options_.rests_after > 0 && failures_ >= options_.rests_after; }
  void note_success();
  void note_failure(const Error& error, const char* what);

  std::shared_ptr<CacheProvider> inner_;
  std::string name_;
  TolerantOptions options_;
  std::atomic<int> failures_ = 0;
  std::mutex mutex_;
  base::StringMap<std::string> not_prepared_;  ///< target → why
};

}  // namespace stillage::cache
