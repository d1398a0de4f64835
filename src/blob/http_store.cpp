// SPDX-License-Identifier: MIT
#include "blob/http_store.h"

#include "blob/http_answer.h"
#include "blob/no_sink.h"
#include "blob/web_page.h"

namespace stillage::blob {
HttpStore::HttpStore(std::shared_ptr<net::HttpClient> client, HttpStoreOptions options)
    : client_(std::move(client)), options_(std::move(options)) {}

Traits HttpStore::traits() const {
  return {.list = false,
          .remove = true,
          .overwrite = true,
          .conditional = options_.conditional_puts,
          .metadata = false};
}

std::string HttpStore::name() const {
  return "the HTTP cache " + options_.url.display();
}

net::HttpRequest HttpStore::request(std::string method, const std::string& key) const {
  net::HttpRequest request(std::move(method), options_.url.below(key));
  for (const net::Header& field : options_.headers) request.headers.add_secret(field.name, field.value);
  if (!options_.bearer_token.empty())
    request.headers.add_secret("Authorization", "Bearer " + options_.bearer_token);
  request.deadlines = options_.deadlines;
  return request;
}

Outcome<PutOutcome> HttpStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                   std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_TRY(check_put(options, traits(), name()));
  if (options_.make_collections) STILLAGE_TRY(make_collections(key, stop));
  net::HttpRequest put = request("PUT", key);
  put.body = &source;
  if (options.mode == PutMode::if_absent) put.headers.add("If-None-Match", "*");
  accept_no_web_page(put);
  NoSink none;
  STILLAGE_ASSIGN(const net::HttpResponse answer, client_->perform(put, none, stop));
  if (answer.status == 200 || answer.status == 201 || answer.status == 204) return PutOutcome::stored;
  if (options.mode == PutMode::if_absent && (answer.status == 409 || answer.status == 412))
    return PutOutcome::already_there;
  return tl::make_unexpected(failure_of(put, answer));
}

Outcome<void> HttpStore::make_collections(const std::string& key, const std::stop_token& stop) {
  NoSink none;
  for (std::size_t slash = key.find('/'); slash != std::string::npos; slash = key.find('/', slash + 1)) {
    const std::string folder = key.substr(0, slash + 1);
    {
      const std::lock_guard lock(mutex_);
      if (collections_.contains(folder)) continue;
    }
    const net::HttpRequest make = request("MKCOL", folder);
    STILLAGE_ASSIGN(const net::HttpResponse answer, client_->perform(make, none, stop));
    // 405: it is there already (RFC 4918 section 9.3.1).
    if (!answer.is_success() && answer.status != 405) return tl::make_unexpected(failure_of(make, answer));
    const std::lock_guard lock(mutex_);
    collections_.insert(folder);
  }
  return {};
}

Outcome<std::optional<BlobInfo>> HttpStore::get(const std::string& key, ByteSink& sink,
                                                std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  net::HttpRequest get = request("GET", key);
  const std::string where = get.url.display();
  get.accept = [&where](const net::HttpHead& head) { return accept_blob(head, where); };
  STILLAGE_ASSIGN(const net::HttpResponse answer, client_->perform(get, sink, stop));
  if (answer.is_success()) return std::optional(BlobInfo{.size = answer.received, .metadata = {}});
  return miss_or_failure(get, answer);
}

Outcome<std::optional<BlobInfo>> HttpStore::contains(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  net::HttpRequest head = request("HEAD", key);
  const std::string where = head.url.display();
  head.accept = [&where](const net::HttpHead& found) { return accept_blob(found, where); };
  NoSink none;
  STILLAGE_ASSIGN(const net::HttpResponse answer, client_->perform(head, none, stop));
  if (answer.is_success()) return std::optional(BlobInfo{.size = answer.content_length, .metadata = {}});
  return miss_or_failure(head, answer);
}

Outcome<void> HttpStore::remove(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  const net::HttpRequest remove = request("DELETE", key);
  NoSink none;
  STILLAGE_ASSIGN(const net::HttpResponse answer, client_->perform(remove, none, stop));
  if (answer.is_success()) return {};
  Failure failure = failure_of(remove, answer);
  if (failure.what == FailureKind::not_found) return {};
  return tl::make_unexpected(std::move(failure));
}

Outcome<void> HttpStore::list(const std::string&, const std::function<Outcome<void>(const ListedBlob&)>&,
                              std::stop_token) {
  return cannot(name(), "list its blobs");
}

}  // namespace stillage::blob
