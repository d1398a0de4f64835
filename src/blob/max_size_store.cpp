// SPDX-License-Identifier: MIT
#include "blob/max_size_store.h"

#include <fmt/format.h>

namespace stillage::blob {
namespace {

/// Hands on up to `limit` bytes, and remembers that there were more.
class LimitedSink final : public ByteSink {
 public:
  LimitedSink(ByteSink& inner, std::uint64_t limit) : inner_(inner), limit_(limit) {}

  Status begin(std::optional<std::uint64_t> size) override {
    left_ = limit_;
    exceeded_ = size.value_or(0) > limit_;
    if (exceeded_) return too_much();
    return inner_.begin(size);
  }

  Status write(std::string_view bytes) override {
    exceeded_ = bytes.size() > left_;
    if (exceeded_) return too_much();
    left_ -= bytes.size();
    return inner_.write(bytes);
  }

  bool exceeded() const { return exceeded_; }

 private:
  static tl::unexpected<Error> too_much() { return fail(ErrorKind::invalid, "more bytes than we take"); }

  ByteSink& inner_;
  const std::uint64_t limit_;
  std::uint64_t left_ = 0;
  bool exceeded_ = false;
};

}  // namespace

Outcome<PutOutcome> MaxSizeStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                      std::stop_token stop) {
  if (limit_ != 0 && source.size() > limit_)
    return net::failure(FailureKind::too_large,
                        fmt::format("{} has {} bytes, more than the {} that may be stored in {}", key,
                                    source.size(), limit_, name()));
  return inner().put(key, source, options, stop);
}

Outcome<std::optional<BlobInfo>> MaxSizeStore::get(const std::string& key, ByteSink& sink,
                                                   std::stop_token stop) {
  if (limit_ == 0) return inner().get(key, sink, stop);
  LimitedSink limited(sink, limit_);
  auto found = inner().get(key, limited, stop);
  if (!found && limited.exceeded())
    return net::failure(
        FailureKind::too_large,
        fmt::format("{} has more than the {} bytes that may be fetched from {}", key, limit_, name()));
  return found;
}

}  // namespace stillage::blob
