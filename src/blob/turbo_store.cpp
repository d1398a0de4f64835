// SPDX-License-Identifier: MIT
#include "blob/turbo_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/hex.h"
#include "base/hmac_stream.h"
#include "base/json.h"
#include "base/sign.h"
#include "base/strings.h"
#include "blob/http_answer.h"
#include "blob/no_sink.h"
#include "blob/source_pass.h"
#include "blob/web_page.h"

namespace stillage::blob {
namespace {

std::string_view bytes_of(const base::Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

constexpr const char* kTag = "x-artifact-tag";

/// The signature of an artifact, over its hash, the team's id and all of its bytes.
base::HmacSha256 start_tag(const TurboStoreOptions& options, const std::string& hash) {
  base::HmacSha256 tag(options.signature_key);
  tag.update(hash);
  tag.update(options.team_id);
  return tag;
}

/// Hands the bytes on and computes their signature.
class TaggedSink final : public ByteSink {
 public:
  TaggedSink(ByteSink& inner, const TurboStoreOptions& options, const std::string& hash)
      : inner_(inner), options_(options), hash_(hash), tag_(start_tag(options, hash)) {}

  Status begin(std::optional<std::uint64_t> size) override {
    tag_ = start_tag(options_, hash_);
    return inner_.begin(size);
  }
  Status write(std::string_view bytes) override {
    tag_.update(bytes);
    return inner_.write(bytes);
  }
  base::Sha256Digest finish() { return tag_.finish(); }

 private:
  ByteSink& inner_;
  const TurboStoreOptions& options_;
  const std::string& hash_;
  base::HmacSha256 tag_;
};

std::optional<base::Sha256Digest> parse_tag(std::string_view text) {
  const auto bytes = base::from_base64(base::trim(text));
  base::Sha256Digest digest;
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

std::string tag_text(const base::Sha256Digest& digest) {
  return base::to_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

std::string turbo_hash(const std::string& key) {
  return base::to_hex(base::sha256(key));
}

std::string TurboStore::name() const {
  return "the Turborepo cache " + options_.url.display();
}

net::HttpRequest TurboStore::request(std::string method, const std::string& below) const {
  net::Url url = options_.url.below("v8/artifacts/" + below);
  if (!options_.team_id.empty()) url = url.with_parameter("teamId", options_.team_id);
  if (!options_.team.empty()) url = url.with_parameter("slug", options_.team);
  net::HttpRequest request(std::move(method), std::move(url));
  if (!options_.token.empty()) request.headers.add_secret("Authorization", "Bearer " + options_.token);
  request.deadlines = options_.deadlines;
  return request;
}

Outcome<PutOutcome> TurboStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                    std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_TRY(check_put(options, traits(), name()));
  const std::string hash = turbo_hash(key);
  net::HttpRequest put = request("PUT", hash);
  accept_no_web_page(put);
  put.body = &source;
  put.headers.add("Content-Type", "application/octet-stream");
  put.headers.add("x-artifact-duration", "0");
  put.headers.add("x-artifact-client-interactive", "0");
  if (!options_.client_ci.empty()) put.headers.add("x-artifact-client-ci", options_.client_ci);
  if (!options_.signature_key.empty()) {
    base::HmacSha256 tag = start_tag(options_, hash);
    STILLAGE_TRY(look_through(
        source, [&tag](std::string_view bytes) { tag.update(bytes); }, stop));
    put.headers.add(kTag, tag_text(tag.finish()));
  }
  NoSink none;
  STILLAGE_ASSIGN(const net::HttpResponse answer, client_->perform(put, none, stop));
  if (answer.status >= 200 && answer.status <= 204) return PutOutcome::stored;
  return tl::make_unexpected(failure_of(put, answer));
}

Outcome<std::optional<BlobInfo>> TurboStore::get(const std::string& key, ByteSink& sink,
                                                 std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  const std::string hash = turbo_hash(key);
  net::HttpRequest get = request("GET", hash);
  const std::string where = get.url.display();
  const bool signs = !options_.signature_key.empty();
  std::optional<base::Sha256Digest> wanted;
  get.accept = [&](const net::HttpHead& head) -> Outcome<void> {
    STILLAGE_TRY(accept_blob(head, where));
    wanted = parse_tag(head.headers.get(kTag));
    if (!signs || wanted) return {};
    return net::failure(FailureKind::protocol,
                        fmt::format("{} answers with an artifact that is not signed, which signatureKey "
                                    "asks for",
                                    where));
  };
  TaggedSink tagged(sink, options_, hash);
  STILLAGE_ASSIGN(const net::HttpResponse answer,
                  client_->perform(get, signs ? static_cast<ByteSink&>(tagged) : sink, stop));
  if (!answer.is_success()) return miss_or_failure(get, answer);
  if (signs && !base::equal_in_constant_time(bytes_of(*wanted), bytes_of(tagged.finish())))
    return net::failure(FailureKind::protocol,
                        fmt::format("{} answers with an artifact whose signature is wrong: it was not put "
                                    "with our signatureKey for our team, or has been changed",
                                    where));
  return std::optional(BlobInfo{.size = answer.received, .metadata = {}});
}

Outcome<std::optional<BlobInfo>> TurboStore::contains(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  const net::HttpRequest head = request("HEAD", turbo_hash(key));
  NoSink none;
  STILLAGE_ASSIGN(const net::HttpResponse answer, client_->perform(head, none, stop));
  if (!answer.is_success()) return miss_or_failure(head, answer);
  // Some servers announce the length of their own, empty, answer.
  return std::optional(BlobInfo());
}

Outcome<void> TurboStore::remove(const std::string& key, std::stop_token) {
  STILLAGE_TRY(check_key(key));
  return cannot(name(), "remove a blob");
}

Outcome<void> TurboStore::list(const std::string&, const std::function<Outcome<void>(const ListedBlob&)>&,
                               std::stop_token) {
  return cannot(name(), "list its blobs");
}

Outcome<std::string> TurboStore::status(std::stop_token stop) {
  constexpr std::uint64_t kLongest = 64 << 10;
  const net::HttpRequest get = request("GET", "status");
  net::MemorySink sink(kLongest);
  STILLAGE_ASSIGN(const net::HttpResponse answer, client_->perform(get, sink, stop));
  if (!answer.is_success()) return tl::make_unexpected(failure_of(get, answer));
  const auto json = base::parse_json(sink.bytes(), "status");
  if (!json || !json->is_object() || !json->contains("status") || !json->at("status").is_string())
    return net::failure(FailureKind::protocol,
                        fmt::format("{} does not say whether the cache is enabled", get.url.display()));
  return base::printable(json->at("status").get<std::string>());
}

}  // namespace stillage::blob
