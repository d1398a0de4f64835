// SPDX-License-Identifier: MIT
#include "blob/azure_store.h"

#include <fmt/format.h>

#include <charconv>
#include <random>

#include "base/base64.h"
#include "base/strings.h"
#include "blob/no_sink.h"
#include "blob/ranged_get.h"
#include "blob/signed_request.h"
#include "blob/web_page.h"
#include "blob/xml_scan.h"

namespace stillage::blob {
namespace {

constexpr std::string_view kMetadataPrefix = "x-ms-meta-";
constexpr std::uint64_t kLongestList = 16 << 20;

/// Names one upload's blocks: as backfill's are, 48 characters of a random UUID and an index.
class BlockIds {
 public:
  std::string operator()(std::size_t index) const {
    return base::to_base64(fmt::format("{}{:012}", uuid_, index));
  }

 private:
  static std::string make_uuid() {
    std::random_device random;
    const auto part = [&random] { return random() & 0xffffu; };
    return fmt::format("{:04x}{:04x}-{:04x}-4{:03x}-a{:03x}-{:04x}{:04x}{:04x}", part(), part(), part(),
                       part() & 0xfffu, part() & 0xfffu, part(), part(), part());
  }
  const std::string uuid_ = make_uuid();
};

void add_put_options(net::HttpRequest& request, const PutOptions& options) {
  if (options.mode == PutMode::if_absent) request.headers.add("If-None-Match", "*");
  for (const auto& [name, value] : options.metadata)
    request.headers.add(std::string(kMetadataPrefix) + name, value);
}

/// Whether it is the token that does not do, and not what its owner may do.
bool does_not_know_us(const net::HttpResponse& answer) {
  return answer.status == 401 ||
         (answer.status == 403 && answer.headers.get("x-ms-error-code") == "AuthenticationFailed");
}

Metadata metadata_of(const net::Headers& headers) {
  Metadata metadata;
  for (const net::Header& field : headers.fields())
    if (field.name.starts_with(kMetadataPrefix))
      metadata[field.name.substr(kMetadataPrefix.size())] = field.value;
  return metadata;
}

}  // namespace

AzureStore::AzureStore(std::shared_ptr<net::HttpClient> client, AzureStoreOptions options)
    : client_(std::move(client)),
      options_(std::move(options)),
      container_(options_.account.endpoint.below(options_.container)),
      part_retrier_(options_.part_retry) {}

Traits AzureStore::traits() const {
  return {.list = true, .remove = true, .overwrite = true, .conditional = true, .metadata = true};
}

std::string AzureStore::name() const {
  return "the Azure container " + container_.display();
}

net::HttpRequest AzureStore::request(std::string method, const std::string& key) const {
  net::HttpRequest request(std::move(method), container_.below(key));
  request.headers.add("Accept", "application/xml");
  request.deadlines = options_.deadlines;
  accept_no_web_page(request);
  return request;
}

Outcome<net::HttpResponse> AzureStore::perform(net::HttpRequest& request, ByteSink& sink,
                                               const std::stop_token& stop) {
  const AzureTokens& tokens = options_.account.tokens;
  return perform_signed(
      *client_, request, sink, stop,
      [&](net::HttpRequest& plain) { return authorise(plain, options_.account, stop); },
      [&](const net::HttpResponse& answer, const std::string& token) {
        return does_not_know_us(answer) && tokens.refused && tokens.refused(token);
      });
}

Outcome<void> AzureStore::tell(net::HttpRequest request, const std::stop_token& stop) {
  NoSink none;
  STILLAGE_ASSIGN(const net::HttpResponse answer, perform(request, none, stop));
  if (answer.is_success()) return {};
  return tl::make_unexpected(failure_of(request, answer));
}

Failure AzureStore::failure_of(const net::HttpRequest& request, const net::HttpResponse& response) const {
  Failure failure = net::failure_of(request, response);
  failure.code =
      net::redact(net::plain_word(response.headers.get("x-ms-error-code")), net::secrets_of(request));
  if (failure.code.empty()) return failure;
  failure.message += " (" + failure.code + ")";
  if (failure.code == "ContainerNotFound")
    failure.message += fmt::format("; make the container \"{}\" first", options_.container);
  if (failure.code == "AuthenticationFailed" || failure.code == "AuthorizationFailure")
    failure.message += "; are the credentials and this machine's clock right?";
  // Another upload of the same blob was faster, and took our blocks with it: a second attempt may well win.
  if (failure.code == "InvalidBlockList") failure.what = FailureKind::transient;
  return failure;
}

Outcome<PutOutcome> AzureStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                    std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_TRY(check_put(options, traits(), name()));
  Outcome<void> done;
  if (source.size() > options_.single_put || options_.single_put == 0) {
    done = put_blocks(key, source, options, stop);
  } else {
    net::HttpRequest put = request("PUT", key);
    put.headers.add("Content-Type", "application/octet-stream");
    put.headers.add("x-ms-blob-type", "BlockBlob");
    add_put_options(put, options);
    put.body = &source;
    done = tell(std::move(put), stop);
  }
  if (done) return PutOutcome::stored;
  const bool is_there = done.error().code == "BlobAlreadyExists" || done.error().http_status == 412;
  if (options.mode == PutMode::if_absent && is_there) return PutOutcome::already_there;
  return tl::make_unexpected(std::move(done).error());
}

Outcome<void> AzureStore::put_blocks(const std::string& key, ByteSource& source, const PutOptions& options,
                                     const std::stop_token& stop) {
  const BlockIds id;
  const auto send = [&](std::size_t index, std::string_view bytes, std::stop_token token) {
    net::HttpRequest put = request("PUT", key);
    put.url = put.url.with_parameter("comp", "block").with_parameter("blockid", id(index));
    put.headers.add("Content-Type", "application/octet-stream");
    net::MemorySource block(bytes);
    put.body = &block;
    return part_retrier_.tried(token, [&] { return tell(put, token); });
  };
  STILLAGE_ASSIGN(const std::size_t count, send_parts(source, options_.upload, send, stop));
  std::string blocks = R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?><BlockList>)";
  for (std::size_t i = 0; i < count; ++i) blocks += "<Latest>" + id(i) + "</Latest>";
  blocks += "</BlockList>";
  net::HttpRequest commit = request("PUT", key);
  commit.url = commit.url.with_parameter("comp", "blocklist");
  commit.headers.add("Content-Type", "application/xml");
  add_put_options(commit, options);
  net::MemorySource body(blocks);
  commit.body = &body;
  return tell(std::move(commit), stop);
}

Outcome<std::optional<BlobInfo>> AzureStore::get(const std::string& key, ByteSink& sink,
                                                 std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  const RangedGet get{
      .request = [&] { return request("GET", key); },
      .perform = [this](net::HttpRequest& ask, ByteSink& into,
                        const std::stop_token& token) { return perform(ask, into, token); },
      .failure_of = [this](const net::HttpRequest& asked,
                           const net::HttpResponse& answer) { return failure_of(asked, answer); }};
  auto answer = get_in_ranges(get, options_.download, part_retrier_, sink, stop);
  if (answer)
    return std::optional(BlobInfo{.size = answer->received, .metadata = metadata_of(answer->headers)});
  if (answer.error().code == "BlobNotFound") return std::optional<BlobInfo>();
  return tl::make_unexpected(std::move(answer).error());
}

Outcome<std::optional<BlobInfo>> AzureStore::contains(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  net::HttpRequest head = request("HEAD", key);
  NoSink none;
  STILLAGE_ASSIGN(const net::HttpResponse answer, perform(head, none, stop));
  if (answer.is_success())
    return std::optional(BlobInfo{.size = answer.content_length, .metadata = metadata_of(answer.headers)});
  Failure failure = failure_of(head, answer);
  if (failure.code == "BlobNotFound") return std::optional<BlobInfo>();
  return tl::make_unexpected(std::move(failure));
}

Outcome<void> AzureStore::remove(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  auto removed = tell(request("DELETE", key), stop);
  if (!removed && removed.error().code == "BlobNotFound") return {};
  return removed;
}

Outcome<void> AzureStore::list(const std::string& prefix,
                               const std::function<Outcome<void>(const ListedBlob&)>& visit,
                               std::stop_token stop) {
  std::string marker;
  do {
    net::HttpRequest list("GET",
                          container_.with_parameter("restype", "container").with_parameter("comp", "list"));
    list.headers.add("Accept", "application/xml");
    list.deadlines = options_.deadlines;
    accept_no_web_page(list);
    if (!prefix.empty()) list.url = list.url.with_parameter("prefix", prefix);
    if (!marker.empty()) list.url = list.url.with_parameter("marker", marker);
    net::MemorySink page(kLongestList);
    STILLAGE_ASSIGN(const net::HttpResponse answer, perform(list, page, stop));
    if (!answer.is_success()) return tl::make_unexpected(failure_of(list, answer));
    for (const std::string_view blob : xml_elements(page.bytes(), "Blob")) {
      ListedBlob listed{.key = xml_text(xml_element(blob, "Name").value_or("")), .size = std::nullopt};
      const std::string_view digits = xml_element(blob, "Content-Length").value_or("");
      std::uint64_t size = 0;
      if (!digits.empty() &&
          std::from_chars(digits.data(), digits.data() + digits.size(), size).ec == std::errc())
        listed.size = size;
      if (is_valid_key(listed.key)) STILLAGE_TRY(visit(listed));
    }
    marker = xml_text(xml_element(page.bytes(), "NextMarker").value_or(""));
  } while (!marker.empty());
  return {};
}

}  // namespace stillage::blob
