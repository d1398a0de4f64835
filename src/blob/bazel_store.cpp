// SPDX-License-Identifier: MIT
#include "blob/bazel_store.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/hex.h"
#include "blob/bazel_action.h"
#include "blob/source_pass.h"

namespace stillage::blob {
namespace {

constexpr std::uint64_t kLongestResult = 64 << 10;

std::string action_key(const std::string& key) {
  return "ac/" + base::to_hex(base::sha256(key));
}

std::string content_key(const CasDigest& digest) {
  return "cas/" + digest.hash;
}

/// Hands the bytes on and computes their digest; takes no more than there should be.
class DigestSink final : public ByteSink {
 public:
  DigestSink(ByteSink& inner, const CasDigest& wanted) : inner_(inner), wanted_(wanted) {}

  Status begin(std::optional<std::uint64_t>) override {
    hash_.reset();
    left_ = wanted_.size;
    return inner_.begin(wanted_.size);
  }
  Status write(std::string_view bytes) override {
    hash_.update(bytes);
    exceeded_ = bytes.size() > left_;
    if (exceeded_) return fail(ErrorKind::corrupt, "more bytes than the digest says");
    left_ -= bytes.size();
    return inner_.write(bytes);
  }
  bool exceeded() const { return exceeded_; }
  bool is_right() { return left_ == 0 && base::to_hex(hash_.finish()) == wanted_.hash; }

 private:
  ByteSink& inner_;
  const CasDigest& wanted_;
  base::Sha256 hash_;
  std::uint64_t left_ = 0;
  bool exceeded_ = false;
};

/// What the key names; nothing if it is not there.
Outcome<std::optional<CasDigest>> find_content(BlobStore& store, const std::string& key,
                                               const std::stop_token& stop) {
  net::MemorySink result(kLongestResult);
  STILLAGE_ASSIGN(const auto found, store.get(action_key(key), result, stop));
  if (!found) return std::optional<CasDigest>();
  STILLAGE_ASSIGN(CasDigest digest, parse_action_result(result.bytes()));
  return std::optional(std::move(digest));
}

}  // namespace

Traits BazelStore::traits() const {
  Traits traits = ForwardingStore::traits();
  traits.list = false;
  traits.metadata = false;
  return traits;
}

Outcome<PutOutcome> BazelStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                    std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_TRY(check_put(options, traits(), name()));
  base::Sha256 hash;
  STILLAGE_TRY(look_through(
      source, [&hash](std::string_view bytes) { hash.update(bytes); }, stop));
  const CasDigest digest{.hash = base::to_hex(hash.finish()), .size = source.size()};
  STILLAGE_TRY(inner().put(content_key(digest), source, {}, stop));
  const std::string result = encode_action_result(digest);
  net::MemorySource result_source(result);
  return inner().put(action_key(key), result_source, options, stop);
}

Outcome<std::optional<BlobInfo>> BazelStore::get(const std::string& key, ByteSink& sink,
                                                 std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_ASSIGN(const auto digest, find_content(inner(), key, stop));
  if (!digest) return std::optional<BlobInfo>();
  DigestSink checked(sink, *digest);
  auto found = inner().get(content_key(*digest), checked, stop);
  if (found && !*found) return found;
  if (checked.exceeded() || (found && !checked.is_right()))
    return net::failure(FailureKind::protocol, fmt::format("{}: {} is not the content that its name says",
                                                           name(), content_key(*digest)));
  STILLAGE_TRY(found);
  return std::optional(BlobInfo{.size = digest->size, .metadata = {}});
}

Outcome<std::optional<BlobInfo>> BazelStore::contains(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_ASSIGN(const auto digest, find_content(inner(), key, stop));
  if (!digest) return std::optional<BlobInfo>();
  STILLAGE_ASSIGN(const auto found, inner().contains(content_key(*digest), stop));
  if (!found) return std::optional<BlobInfo>();
  return std::optional(BlobInfo{.size = digest->size, .metadata = {}});
}

Outcome<void> BazelStore::remove(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  return inner().remove(action_key(key), stop);
}

Outcome<void> BazelStore::list(const std::string&, const std::function<Outcome<void>(const ListedBlob&)>&,
                               std::stop_token) {
  return cannot(name(), "list its blobs");
}

}  // namespace stillage::blob
