// SPDX-License-Identifier: MIT
#pragma once
// A CacheProvider for tests of the scheduler: entries in memory, each with the one output `out` of its
// package and the log; what it is asked is written down, and it can be told to fail.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "os/file.h"
#include "stillage/cache_provider.h"

namespace stillage::test {

struct MemoryEntry {
  std::optional<std::string> out;
  RunResult run;
};

class MemoryCache;

class MemoryHit : public CacheHit {
 public:
  MemoryHit(MemoryCache& cache, MemoryEntry entry, Target target)
      : cache_(cache), entry_(std::move(entry)), target_(std::move(target)) {
    info_.duration = entry_.run.duration;
    info_.target_id = target_.id;
  }
  const EntryInfo& info() const override { return info_; }
  Result<RestoreReport> restore(StaleOutputs) override;
  Result<std::vector<LogChunk>> log() override { return entry_.run.log; }
  Status copy_to(CacheProvider&) override { return fail(ErrorKind::unsupported, "not part of this test"); }

 private:
  MemoryCache& cache_;
  MemoryEntry entry_;
  Target target_;
  EntryInfo info_;
};

class MemoryCache : public CacheProvider {
 public:
  Result<std::unique_ptr<CacheHit>> look_up(const std::string& hash, const Target& target) override {
    note("look_up " + target.id);
    const std::lock_guard lock(mutex_);
    if (fail_look_up) return fail(ErrorKind::io, "the store is gone");
    const auto found = entries_.find(hash);
    if (found == entries_.end()) return std::unique_ptr<CacheHit>();
    return std::unique_ptr<CacheHit>(std::make_unique<MemoryHit>(*this, found->second, target));
  }
  Status prepare(const Target& target) override {
    note("prepare " + target.id);
    if (fail_prepare) return fail(ErrorKind::unsupported, "a link leads out of the checkout");
    return os::remove_tree(target.cwd + "/out");
  }
  Status abandon(const Target& target) override {
    note("abandon " + target.id);
    return {};
  }
  Result<PutResult> put(const std::string& hash, const Target& target, const RunResult& run) override {
    note("put " + target.id);
    if (fail_put) return fail(ErrorKind::io, "the disk is full");
    if (!refuse_put.empty()) return PutResult{nullptr, refuse_put};
    MemoryEntry entry{os::read_file_if_any(target.cwd + "/out").value_or(std::nullopt), run};
    const std::lock_guard lock(mutex_);
    entries_.insert_or_assign(hash, entry);
    return PutResult{std::make_unique<MemoryHit>(*this, entry, target), ""};
  }
  Status clear() override { return {}; }
  Status purge(int) override { return {}; }

  void note(std::string call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
  }
  std::vector<std::string> take_calls() {
    const std::lock_guard lock(mutex_);
    return std::exchange(calls_, {});
  }
  std::size_t count(const std::string& call) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count(calls_.begin(), calls_.end(), call));
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }

  bool fail_look_up = false;
  bool fail_prepare = false;
  bool fail_put = false;
  std::string refuse_put;
  std::optional<ErrorKind> fail_restore;

 private:
  std::mutex mutex_;
  std::map<std::string, MemoryEntry> entries_;
  std::vector<std::string> calls_;
};

inline Result<RestoreReport> MemoryHit::restore(StaleOutputs) {
  cache_.note("restore " + target_.id);
  if (cache_.fail_restore) return fail(*cache_.fail_restore, "it can't be");
  if (entry_.out) STILLAGE_TRY(os::write_file_atomic(target_.cwd + "/out", *entry_.out));
  return RestoreReport{.written = 1};
}

}  // namespace stillage::test
