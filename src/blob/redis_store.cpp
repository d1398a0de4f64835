// SPDX-License-Identifier: MIT
#include "blob/redis_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"

namespace stillage::blob {
namespace {

using net::RespValue;

/// What a SCAN looks at each time.
constexpr std::size_t kScanned = 1000;
/// Redis may give more than it was asked for.
constexpr net::RespLimits kScanLimits{.bytes = 16 << 20, .values = 100'000, .depth = 4};

tl::unexpected<Failure> nonsense(std::string_view what) {
  return net::failure(FailureKind::protocol, fmt::format("the answer is not what {} gives", what));
}

/// A pattern of SCAN that means the text itself.
std::string escape_glob(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::string_view("*?[]^\\").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

std::vector<std::string> get_range(const std::string& name, std::uint64_t offset, std::uint64_t size) {
  return {"GETRANGE", name, std::to_string(offset), std::to_string(offset + size - 1)};
}

/// The bytes that a GETRANGE of `size` bytes gives: fewer at the end of the string, none if there is none.
Outcome<std::string> receive_range(net::RedisConnection& connection, std::uint64_t size,
                                   const std::stop_token& stop) {
  STILLAGE_ASSIGN(RespValue reply, connection.receive({.bytes = size + 1024}, stop));
  if (!reply.is(RespValue::Type::bytes) || reply.text.size() > size) return nonsense("GETRANGE");
  return std::move(reply.text);
}

/// Takes a whole string apart as it comes, and hands the blob on.
class ValueSink final : public ByteSink {
 public:
  explicit ValueSink(ByteSink& blob) : blob_(blob) {}

  Status begin(std::optional<std::uint64_t> size) override {
    size_ = size.value_or(0);
    return {};
  }

  Status write(std::string_view bytes) override {
    if (head_) return blob_.write(bytes);
    start_.append(bytes);
    if (start_.size() < std::min<std::uint64_t>(size_, RedisHead::kLongest)) return {};
    auto head = parse_redis_head(start_);
    is_ours_ = head && size_ - head->length == head->size;
    if (!is_ours_) return fail(ErrorKind::corrupt, "what lies there is no blob of ours");
    head_ = std::move(*head);
    STILLAGE_TRY(blob_.begin(head_->size));
    return blob_.write(std::string_view(start_).substr(head_->length));
  }

  bool is_ours() const { return is_ours_; }
  const std::optional<RedisHead>& head() const { return head_; }

 private:
  ByteSink& blob_;
  std::uint64_t size_ = 0;
  bool is_ours_ = true;
  std::string start_;
  std::optional<RedisHead> head_;
};

}  // namespace

Traits RedisStore::traits() const {
  return {.list = true, .remove = true, .overwrite = true, .conditional = true, .metadata = true};
}

std::string RedisStore::name() const {
  return "the Redis cache " + client_->display();
}

Failure RedisStore::about(const std::string& name, Failure failure) const {
  failure.message = fmt::format("{} ({})", failure.message, name);
  return failure;
}

Outcome<PutOutcome> RedisStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                    std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_TRY(check_put(options, traits(), name()));
  const std::string head = make_redis_head(source.size(), options.metadata);
  if (source.size() > options_.max_value_size || head.size() > options_.max_value_size - source.size())
    return net::failure(FailureKind::too_large,
                        fmt::format("{} has {} bytes, more than a value of {} may have, {}", key,
                                    source.size(), name(), options_.max_value_size));
  std::vector<std::string> conditions;
  if (options_.ttl.count() > 0) conditions = {"EX", std::to_string(options_.ttl.count())};
  if (options.mode == PutMode::if_absent) conditions.emplace_back("NX");
  const net::RedisConnection::LargeCommand set{
      .before = {"SET", name_of(key)}, .head = head, .source = source, .after = std::move(conditions)};
  return client_->exchange(stop, [&](net::RedisConnection& connection) -> Outcome<PutOutcome> {
    STILLAGE_TRY(connection.send_large(set, stop));
    STILLAGE_ASSIGN(const RespValue reply, connection.receive({}, stop));
    if (reply.is(RespValue::Type::text) && reply.text == "OK") return PutOutcome::stored;
    if (reply.is(RespValue::Type::null) && options.mode == PutMode::if_absent)
      return PutOutcome::already_there;
    return nonsense("SET");
  });
}

Outcome<std::optional<BlobInfo>> RedisStore::get(const std::string& key, ByteSink& sink,
                                                 std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  const std::string name = name_of(key);
  auto fetched = client_->exchange(stop, [&](net::RedisConnection& connection) {
    return fetch(connection, {name, sink, stop});
  });
  if (!fetched && fetched.error().what == FailureKind::protocol)
    return tl::make_unexpected(about(name, std::move(fetched).error()));
  return fetched;
}

Outcome<std::optional<BlobInfo>> RedisStore::fetch(net::RedisConnection& connection,
                                                   const Fetch& fetch) const {
  const std::uint64_t first = std::max<std::uint64_t>(options_.parts.size, RedisHead::kLongest);
  STILLAGE_TRY(connection.send(get_range(fetch.name, 0, first), fetch.stop));
  STILLAGE_ASSIGN(const std::string start, receive_range(connection, first, fetch.stop));
  if (start.empty()) return std::optional<BlobInfo>();
  STILLAGE_ASSIGN(const RedisHead head, parse_redis_head(start));
  const std::uint64_t here = start.size() - head.length;
  if (here > head.size || (here < head.size && start.size() < first))
    return net::failure(FailureKind::protocol, "a blob is not as long as it says");
  STILLAGE_TRY(fetch.sink.begin(head.size));
  STILLAGE_TRY(fetch.sink.write(std::string_view(start).substr(head.length)));
  if (here < head.size) {
    STILLAGE_ASSIGN(const bool is_whole, fetch_rest(connection, fetch, head, here));
    if (!is_whole) return fetch_whole(connection, fetch);
  }
  return std::optional(BlobInfo{.size = head.size, .metadata = head.metadata});
}

Outcome<bool> RedisStore::fetch_rest(net::RedisConnection& connection, const Fetch& fetch,
                                     const RedisHead& head, std::uint64_t offset) const {
  // After each part, whether the blob is still the one that has been begun: a number never comes back.
  const auto ask = [&](std::uint64_t from) -> Outcome<void> {
    const std::uint64_t size = std::min(options_.parts.size, head.size - from);
    STILLAGE_TRY(connection.send(get_range(fetch.name, head.length + from, size), fetch.stop));
    return connection.send(get_range(fetch.name, RedisHead::kPutOffset, RedisHead::kPutSize), fetch.stop);
  };
  bool same = true;
  std::uint64_t asked = offset;
  for (std::uint64_t come = offset; come < (same ? head.size : asked);) {
    for (; same && asked < head.size && asked - come < options_.parts.size * options_.parts.at_once;
         asked = std::min(head.size, asked + options_.parts.size))
      STILLAGE_TRY(ask(asked));
    const std::uint64_t size = std::min(options_.parts.size, head.size - come);
    STILLAGE_ASSIGN(const std::string part, receive_range(connection, size, fetch.stop));
    STILLAGE_ASSIGN(const std::string put, receive_range(connection, RedisHead::kPutSize, fetch.stop));
    // What is still on its way is waited for even if it is of no use.
    same = same && part.size() == size && put == head.put;
    if (same) STILLAGE_TRY(fetch.sink.write(part));
    come += size;
  }
  return same;
}

Outcome<std::optional<BlobInfo>> RedisStore::fetch_whole(net::RedisConnection& connection,
                                                         const Fetch& fetch) const {
  ValueSink value(fetch.sink);
  STILLAGE_TRY(connection.send({"GET", fetch.name}, fetch.stop));
  auto reply = connection.receive({}, fetch.stop, &value);
  if (!value.is_ours()) return net::failure(FailureKind::protocol, reply.error().message);
  STILLAGE_TRY(reply);
  if (value.head())
    return std::optional(BlobInfo{.size = value.head()->size, .metadata = value.head()->metadata});
  if (reply->is(RespValue::Type::null))
    return net::failure(FailureKind::transient,
                        fmt::format("{}: a blob was removed while it was fetched", name()));
  return nonsense("GET");
}

Outcome<std::optional<BlobInfo>> RedisStore::contains(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  const std::string name = name_of(key);
  const auto look = [&](net::RedisConnection& connection) -> Outcome<std::optional<BlobInfo>> {
    STILLAGE_TRY(connection.send(get_range(name, 0, RedisHead::kLongest), stop));
    STILLAGE_ASSIGN(const std::string start, receive_range(connection, RedisHead::kLongest, stop));
    if (start.empty()) return std::optional<BlobInfo>();
    STILLAGE_ASSIGN(RedisHead head, parse_redis_head(start));
    return std::optional(BlobInfo{.size = head.size, .metadata = std::move(head.metadata)});
  };
  auto found = client_->exchange(stop, look);
  if (!found && found.error().what == FailureKind::protocol)
    return tl::make_unexpected(about(name, std::move(found).error()));
  return found;
}

Outcome<void> RedisStore::remove(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  return client_->exchange(stop, [&](net::RedisConnection& connection) -> Outcome<void> {
    STILLAGE_TRY(connection.send({"UNLINK", name_of(key)}, stop));
    STILLAGE_ASSIGN(const RespValue reply, connection.receive({}, stop));
    if (!reply.is(RespValue::Type::number)) return nonsense("UNLINK");
    return {};
  });
}

Outcome<void> RedisStore::list(const std::string& prefix,
                               const std::function<Outcome<void>(const ListedBlob&)>& visit,
                               std::stop_token stop) {
  const std::string pattern = escape_glob(options_.prefix + prefix) + "*";
  base::StringSet seen;  // SCAN may give a name more than once
  std::string cursor = "0";
  do {
    std::vector<ListedBlob> found;
    const auto scan = [&](net::RedisConnection& connection) -> Outcome<std::string> {
      STILLAGE_TRY(
          connection.send({"SCAN", cursor, "MATCH", pattern, "COUNT", std::to_string(kScanned)}, stop));
      STILLAGE_ASSIGN(const RespValue reply, connection.receive(kScanLimits, stop));
      if (reply.items.size() != 2 || !reply.items[0].is(RespValue::Type::bytes) ||
          !reply.items[1].is(RespValue::Type::array))
        return nonsense("SCAN");
      std::vector<std::string> names;
      for (const RespValue& name : reply.items[1].items)
        if (name.text.starts_with(options_.prefix + prefix) && seen.insert(name.text).second)
          names.push_back(name.text);
      STILLAGE_ASSIGN(found, look_at(connection, names, stop));
      return reply.items[0].text;
    };
    STILLAGE_ASSIGN(cursor, client_->exchange(stop, scan));
    for (const ListedBlob& blob : found) STILLAGE_TRY(visit(blob));
  } while (cursor != "0");
  return {};
}

Outcome<std::vector<ListedBlob>> RedisStore::look_at(net::RedisConnection& connection,
                                                     const std::vector<std::string>& names,
                                                     const std::stop_token& stop) const {
  // So many questions at a time that neither side has to wait for the other to read.
  constexpr std::size_t kAtOnce = 500;
  std::vector<ListedBlob> blobs;
  for (std::size_t done = 0; done < names.size(); done += kAtOnce) {
    const std::size_t end = std::min(names.size(), done + kAtOnce);
    for (std::size_t i = done; i < end; ++i)
      STILLAGE_TRY(connection.send(get_range(names[i], 0, RedisHead::kFixedSize), stop));
    for (std::size_t i = done; i < end; ++i) {
      auto start = receive_range(connection, RedisHead::kFixedSize, stop);
      if (!start && start.error().code != "WRONGTYPE") return tl::make_unexpected(std::move(start).error());
      std::string key = names[i].substr(options_.prefix.size());
      // Not what has expired meanwhile, nor what others keep there.
      const auto size = start ? redis_blob_size(*start) : std::nullopt;
      if (size && is_valid_key(key)) blobs.push_back({std::move(key), size});
    }
  }
  return blobs;
}

}  // namespace stillage::blob
