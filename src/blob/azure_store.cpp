// SPDX-License-Identifier: MIT
#include "blob/azure_store.h"

#include <fmt/format.h>

#include <charconv>
#include <random>

#include "base/base64.h"
#include "base/strings.h"
#include "blob/no_sink.h"
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

Metadata metadata_of(const net::Headers& headers) {
  Metadata metadata;
  for (const net::Header& field : headers.fields())
    if (field.name.starts_with(kMetadataPrefix))
      metadata[field.name.substr(kMetadataPrefix.size())] = field.value;
  return metadata;
}

/// The size of the whole in "bytes 0-99/1234".
std::optional<std::uint64_t> total_size(std::string_view content_range) {
  const std::size_t slash = content_range.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = content_range.substr(slash + 1);
  std::uint64_t size = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (digits.empty() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return size;
}

/// What a request for a range of a certain blob fails with when it has been replaced or removed.
bool is_change(const Failure& failure) {
  return failure.http_status == 412 || failure.http_status == 416 || failure.http_status == 404;
}

/// Tells the sink the size of the whole when the first part of it comes.
class FirstPartSink final : public ByteSink {
 public:
  explicit FirstPartSink(ByteSink& inner) : inner_(inner) {}
  Status begin(std::optional<std::uint64_t>) override { return inner_.begin(total); }
  Status write(std::string_view bytes) override { return inner_.write(bytes); }

  std::uint64_t total = 0;

 private:
  ByteSink& inner_;
};

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
  return request;
}

Outcome<net::HttpResponse> AzureStore::perform(net::HttpRequest& request, ByteSink& sink,
                                               const std::stop_token& stop) {
  STILLAGE_TRY(authorise(request, options_.account, stop));
  return client_->perform(request, sink, stop);
}

Outcome<void> AzureStore::tell(net::HttpRequest request, const std::stop_token& stop) {
  NoSink none;
  STILLAGE_ASSIGN(const net::HttpResponse answer, perform(request, none, stop));
  if (answer.is_success()) return {};
  return tl::make_unexpected(failure_of(request, answer));
}

Failure AzureStore::failure_of(const net::HttpRequest& request, const net::HttpResponse& response) const {
  Failure failure = net::failure_of(request, response);
  failure.code = base::printable(response.headers.get("x-ms-error-code"));
  if (failure.code.empty()) return failure;
  failure.message += " (" + failure.code + ")";
  if (failure.code == "ContainerNotFound")
    failure.message += fmt::format("; make the container \"{}\" first", options_.container);
  if (failure.code == "AuthenticationFailed")
    failure.message += "; are the key and this machine's clock right?";
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
  return options_.download.at_once > 1 ? get_ranges(key, sink, stop) : get_whole(key, sink, stop);
}

Outcome<std::optional<BlobInfo>> AzureStore::get_whole(const std::string& key, ByteSink& sink,
                                                       const std::stop_token& stop) {
  net::HttpRequest get = request("GET", key);
  STILLAGE_ASSIGN(const net::HttpResponse answer, perform(get, sink, stop));
  if (answer.is_success())
    return std::optional(BlobInfo{.size = answer.received, .metadata = metadata_of(answer.headers)});
  Failure failure = failure_of(get, answer);
  if (failure.code == "BlobNotFound") return std::optional<BlobInfo>();
  return tl::make_unexpected(std::move(failure));
}

Outcome<std::optional<BlobInfo>> AzureStore::get_ranges(const std::string& key, ByteSink& sink,
                                                        const std::stop_token& stop) {
  net::HttpRequest first = request("GET", key);
  first.range = net::ByteRange{0, options_.download.size};
  FirstPartSink first_sink(sink);
  first.accept = [&](const net::HttpHead& head) -> Outcome<void> {
    const auto total = total_size(head.headers.get("content-range"));
    if (!total)
      return net::failure(FailureKind::protocol, fmt::format("{} does not say how large a blob is", name()));
    first_sink.total = *total;
    return {};
  };
  STILLAGE_ASSIGN(const net::HttpResponse answer, perform(first, first_sink, stop));
  if (answer.status == 416) return get_whole(key, sink, stop);  // an empty blob has no first byte
  if (!answer.is_success()) {
    Failure failure = failure_of(first, answer);
    if (failure.code == "BlobNotFound") return std::optional<BlobInfo>();
    return tl::make_unexpected(std::move(failure));
  }
  // Of the same blob, even if it is replaced meanwhile.
  const std::string etag(answer.headers.get("etag"));
  const auto fetch_once = [&](std::uint64_t offset, std::uint64_t size,
                              const std::stop_token& token) -> Outcome<std::string> {
    net::HttpRequest get = request("GET", key);
    get.range = net::ByteRange{offset, size};
    get.headers.add("If-Match", etag);
    net::MemorySink part(size);
    STILLAGE_ASSIGN(const net::HttpResponse got, perform(get, part, token));
    if (got.is_success() && part.bytes().size() == size) return part.take();
    Failure failure = failure_of(get, got);
    if (got.is_success()) failure.what = FailureKind::transient;
    return tl::make_unexpected(std::move(failure));
  };
  const auto fetch = [&](std::uint64_t offset, std::uint64_t size, std::stop_token token) {
    return part_retrier_.tried(token, [&] { return fetch_once(offset, size, token); });
  };
  auto rest = fetch_parts(answer.received, first_sink.total, options_.download, fetch, sink, stop);
  // It was replaced or removed meanwhile. One request alone sees one blob, however often that happens.
  if (!rest && is_change(rest.error())) return get_whole(key, sink, stop);
  STILLAGE_TRY(std::move(rest));
  return std::optional(BlobInfo{.size = first_sink.total, .metadata = metadata_of(answer.headers)});
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
