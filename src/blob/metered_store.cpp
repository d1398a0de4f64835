// SPDX-License-Identifier: MIT
#include "blob/metered_store.h"

namespace stillage::blob {
namespace {

class CountingSource final : public ByteSource {
 public:
  CountingSource(ByteSource& inner, std::atomic<std::uint64_t>& count) : inner_(inner), count_(count) {}
  std::uint64_t size() const override { return inner_.size(); }
  Status rewind() override { return inner_.rewind(); }
  Result<std::size_t> read(std::span<char> buffer) override {
    auto got = inner_.read(buffer);
    if (got) count_ += *got;
    return got;
  }

 private:
  ByteSource& inner_;
  std::atomic<std::uint64_t>& count_;
};

class CountingSink final : public ByteSink {
 public:
  CountingSink(ByteSink& inner, std::atomic<std::uint64_t>& count) : inner_(inner), count_(count) {}
  Status begin(std::optional<std::uint64_t> size) override { return inner_.begin(size); }
  Status write(std::string_view bytes) override {
    count_ += bytes.size();
    return inner_.write(bytes);
  }

 private:
  ByteSink& inner_;
  std::atomic<std::uint64_t>& count_;
};

}  // namespace

template <class Work>
auto MeteredStore::counted(Work work) -> decltype(work()) {
  const auto began = clock_.now();
  auto outcome = work();
  ++calls_;
  if (!outcome) ++failures_;
  nanoseconds_ += std::chrono::nanoseconds(clock_.now() - began).count();
  return outcome;
}

Outcome<PutOutcome> MeteredStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                      std::stop_token stop) {
  CountingSource counting(source, bytes_sent_);
  auto outcome = counted([&] { return inner().put(key, counting, options, stop); });
  if (outcome && *outcome == PutOutcome::stored) ++stored_;
  return outcome;
}

Outcome<std::optional<BlobInfo>> MeteredStore::get(const std::string& key, ByteSink& sink,
                                                   std::stop_token stop) {
  CountingSink counting(sink, bytes_received_);
  auto found = counted([&] { return inner().get(key, counting, stop); });
  if (found) ++(*found ? hits_ : misses_);
  return found;
}

Outcome<std::optional<BlobInfo>> MeteredStore::contains(const std::string& key, std::stop_token stop) {
  return counted([&] { return inner().contains(key, stop); });
}

Outcome<void> MeteredStore::remove(const std::string& key, std::stop_token stop) {
  return counted([&] { return inner().remove(key, stop); });
}

Outcome<void> MeteredStore::list(const std::string& prefix,
                                 const std::function<Outcome<void>(const ListedBlob&)>& visit,
                                 std::stop_token stop) {
  return counted([&] { return inner().list(prefix, visit, stop); });
}

TransferFigures MeteredStore::figures() const {
  return {.hits = hits_,
          .misses = misses_,
          .stored = stored_,
          .calls = calls_,
          .failures = failures_,
          .bytes_sent = bytes_sent_,
          .bytes_received = bytes_received_,
          .seconds = static_cast<double>(nanoseconds_) / 1e9};
}

}  // namespace stillage::blob
