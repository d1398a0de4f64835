// SPDX-License-Identifier: MIT
#pragma once
// A remote cache in Redis: a blob is a string of its own. See docs/backends/redis.md.

#include <chrono>
#include <memory>
#include <string>

#include "blob/blob_store.h"
#include "blob/parts.h"
#include "blob/redis_value.h"
#include "net/redis_client.h"

namespace stillage::blob {

struct RedisStoreOptions {
  std::string prefix = "stillage:";  ///< of the names of all strings
  /// Redis drops a blob so long after it was put; zero is never.
  std::chrono::seconds ttl{0};
  /// Of a string; a larger blob is a `too_large` failure. Redis takes no more than this unless told to.
  std::uint64_t max_value_size = 512ULL << 20;
  /// The first `parts.size` bytes are asked for with one request; the rest in parts, at_once of them on their
  /// way at a time.
  Parts parts = {.size = 1 << 20, .at_once = 4};
};

class RedisStore final : public BlobStore {
 public:
  RedisStore(std::shared_ptr<net::RedisClient> client, RedisStoreOptions options)
      : client_(std::move(client)), options_(std::move(options)) {}

  Traits traits() const override;
  std::string name() const override;
  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override;
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override;

 private:
  /// A blob that is being fetched.
  struct Fetch {
    const std::string& name;  ///< of the string
    ByteSink& sink;
    const std::stop_token& stop;
  };

  std::string name_of(const std::string& key) const { return options_.prefix + key; }
  Outcome<std::optional<BlobInfo>> fetch(net::RedisConnection& connection, const Fetch& fetch) const;
  /// The bytes from `offset` on, in parts. False if they are no longer those of the blob that `head` is of.
  Outcome<bool> fetch_rest(net::RedisConnection& connection, const Fetch& fetch, const RedisHead& head,
                           std::uint64_t offset) const;
  /// With one command, which gives one state of the blob however often it is replaced.
  Outcome<std::optional<BlobInfo>> fetch_whole(net::RedisConnection& connection, const Fetch& fetch) const;
  /// The blobs among the strings of those names.
  Outcome<std::vector<ListedBlob>> look_at(net::RedisConnection& connection,
                                           const std::vector<std::string>& names,
                                           const std::stop_token& stop) const;
  /// The failure, saying of which blob.
  Failure about(const std::string& name, Failure failure) const;

  const std::shared_ptr<net::RedisClient> client_;
  const RedisStoreOptions options_;
};

}  // namespace stillage::blob
