// SPDX-License-Identifier: MIT
#include "blob/user_store.h"

namespace stillage {

Status BlobStore::remove(const std::string& /*key*/, std::stop_token /*stop*/) {
  return fail(ErrorKind::unsupported, name() + " can't remove a blob");
}

Status BlobStore::list(const std::string& /*prefix*/,
                       const std::function<Status(const std::string&, std::uint64_t)>& /*visit*/,
                       std::stop_token /*stop*/) {
  return fail(ErrorKind::unsupported, name() + " can't list its blobs");
}

}  // namespace stillage

namespace stillage::blob {
namespace {

FailureKind meaning_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::network:
    case ErrorKind::timeout:
    case ErrorKind::io:
      return FailureKind::transient;
    case ErrorKind::auth:
      return FailureKind::unauthorised;
    case ErrorKind::invalid:
    case ErrorKind::corrupt:
      return FailureKind::protocol;
    case ErrorKind::unsupported:
      return FailureKind::unsupported;
    case ErrorKind::cancelled:
      return FailureKind::cancelled;
  }
  return FailureKind::protocol;
}

/// `ours` is what our own sink or source has failed with, if it has.
tl::unexpected<Failure> failure_of(const Error& error, const std::optional<Error>& ours) {
  if (ours) return tl::make_unexpected(Failure(*ours));
  Failure failure(meaning_of(error.kind), error.message);
  if (error.kind == ErrorKind::timeout) failure.kind = ErrorKind::timeout;
  return tl::make_unexpected(std::move(failure));
}

class Source final : public BlobSource {
 public:
  explicit Source(ByteSource& inner) : inner_(inner) {}
  std::uint64_t size() const override { return inner_.size(); }
  Status rewind() override { return noted(inner_.rewind()); }
  Result<std::size_t> read(std::span<char> buffer) override { return noted(inner_.read(buffer)); }
  const std::optional<Error>& error() const { return error_; }

 private:
  template <class T>
  Result<T> noted(Result<T> result) {
    if (!result) error_ = result.error();
    return result;
  }
  ByteSource& inner_;
  std::optional<Error> error_;
};

class Sink final : public BlobSink {
 public:
  explicit Sink(ByteSink& inner) : inner_(inner) {}
  Status begin(std::optional<std::uint64_t> size) override { return noted(inner_.begin(size)); }
  Status write(std::string_view bytes) override {
    received_ += bytes.size();
    return noted(inner_.write(bytes));
  }
  const std::optional<Error>& error() const { return error_; }
  std::uint64_t received() const { return received_; }

 private:
  Status noted(Status status) {
    if (!status) error_ = status.error();
    return status;
  }
  ByteSink& inner_;
  std::optional<Error> error_;
  std::uint64_t received_ = 0;
};

}  // namespace

Traits UserStore::traits() const {
  const BlobStoreTraits theirs = store_->traits();
  return {.list = theirs.list,
          .remove = theirs.remove,
          .overwrite = theirs.overwrite,
          .conditional = theirs.conditional,
          .metadata = false};
}

std::string UserStore::name() const {
  return store_->name();
}

Outcome<PutOutcome> UserStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                   std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_TRY(check_put(options, traits(), name()));
  Source theirs(source);
  STILLAGE_TRY(theirs.rewind());
  const auto stored = store_->put(
      key, theirs, options.mode == PutMode::replace ? BlobPut::replace : BlobPut::if_absent, stop);
  if (!stored) return failure_of(stored.error(), theirs.error());
  return *stored ? PutOutcome::stored : PutOutcome::already_there;
}

Outcome<std::optional<BlobInfo>> UserStore::get(const std::string& key, ByteSink& sink,
                                                std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  Sink theirs(sink);
  const auto found = store_->get(key, theirs, stop);
  if (!found) return failure_of(found.error(), theirs.error());
  if (!*found) return std::optional<BlobInfo>();
  return std::optional(BlobInfo{.size = theirs.received(), .metadata = {}});
}

Outcome<std::optional<BlobInfo>> UserStore::contains(const std::string& /*key*/, std::stop_token /*stop*/) {
  return cannot(name(), "say what it has without giving it");
}

Outcome<void> UserStore::remove(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  if (const Status removed = store_->remove(key, stop); !removed) return failure_of(removed.error(), {});
  return {};
}

Outcome<void> UserStore::list(const std::string& prefix,
                              const std::function<Outcome<void>(const ListedBlob&)>& visit,
                              std::stop_token stop) {
  std::optional<Failure> ours;
  const auto listed = store_->list(
      prefix,
      [&](const std::string& key, std::uint64_t size) -> Status {
        const auto visited = visit({key, size});
        if (visited) return {};
        ours = visited.error();
        return tl::make_unexpected(Error(visited.error()));
      },
      stop);
  if (ours) return tl::make_unexpected(*ours);
  if (!listed) return failure_of(listed.error(), {});
  return {};
}

}  // namespace stillage::blob
