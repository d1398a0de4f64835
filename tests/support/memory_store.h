// SPDX-License-Identifier: MIT
#pragma once
// A store in memory that a test can make fail: what the decorators are tested over.

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "blob/blob_store.h"

namespace stillage::test {

class MemoryStore final : public blob::BlobStore {
 public:
  using Failure = blob::Failure;
  template <class T>
  using Outcome = blob::Outcome<T>;

  /// Called at the start of each call, with its verb and the caller's token: what it returns is that call's
  /// failure.
  std::function<Outcome<void>(const std::string& verb, const std::stop_token& stop)> before;
  blob::Traits claimed{
      .list = true, .remove = true, .overwrite = true, .conditional = true, .metadata = true};
  /// A failing get hands over so many bytes first.
  std::size_t bytes_before_failure = 0;

  int calls() const { return calls_; }
  std::map<std::string, std::string> blobs;

  blob::Traits traits() const override { return claimed; }
  std::string name() const override { return "the test's cache"; }

  Outcome<blob::PutOutcome> put(const std::string& key, blob::ByteSource& source,
                                const blob::PutOptions& options, std::stop_token stop) override {
    net::MemorySink sink(UINT64_MAX);
    STILLAGE_TRY(net::copy(source, sink));
    STILLAGE_TRY(enter("put", stop));
    if (options.mode == blob::PutMode::if_absent && blobs.contains(key))
      return blob::PutOutcome::already_there;
    blobs[key] = sink.bytes();
    return blob::PutOutcome::stored;
  }
  Outcome<std::optional<blob::BlobInfo>> get(const std::string& key, blob::ByteSink& sink,
                                             std::stop_token stop) override {
    const auto entered = enter("get", stop);
    if (!blobs.contains(key)) {
      STILLAGE_TRY(entered);
      return std::optional<blob::BlobInfo>();
    }
    const std::string& bytes = blobs[key];
    STILLAGE_TRY(sink.begin(announces_sizes ? std::optional<std::uint64_t>(bytes.size()) : std::nullopt));
    STILLAGE_TRY(sink.write(entered ? bytes : bytes.substr(0, bytes_before_failure)));
    STILLAGE_TRY(entered);
    return std::optional(blob::BlobInfo{.size = bytes.size(), .metadata = {}});
  }
  Outcome<std::optional<blob::BlobInfo>> contains(const std::string& key, std::stop_token stop) override {
    STILLAGE_TRY(enter("contains", stop));
    if (!blobs.contains(key)) return std::optional<blob::BlobInfo>();
    return std::optional(blob::BlobInfo{.size = blobs[key].size(), .metadata = {}});
  }
  Outcome<void> remove(const std::string& key, std::stop_token stop) override {
    STILLAGE_TRY(enter("remove", stop));
    blobs.erase(key);
    return {};
  }
  Outcome<void> list(const std::string& prefix,
                     const std::function<Outcome<void>(const blob::ListedBlob&)>& visit,
                     std::stop_token stop) override {
    for (const auto& [key, bytes] : blobs)
      if (key.starts_with(prefix)) STILLAGE_TRY(visit({key, bytes.size()}));
    return enter("list", stop);
  }

  bool announces_sizes = true;

 private:
  Outcome<void> enter(const std::string& verb, const std::stop_token& stop) {
    ++calls_;
    return before ? before(verb, stop) : Outcome<void>();
  }

  std::atomic<int> calls_ = 0;
};

}  // namespace stillage::test
