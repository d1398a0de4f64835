// SPDX-License-Identifier: MIT
#include "blob/s3_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <mutex>

#include "base/digest.h"
#include "base/hex.h"
#include "base/strings.h"
#include "blob/no_sink.h"
#include "blob/ranged_get.h"
#include "blob/signed_request.h"
#include "blob/web_page.h"
#include "blob/xml_scan.h"

namespace stillage::blob {
namespace {

constexpr std::string_view kMetadataPrefix = "x-amz-meta-";
constexpr std::uint64_t kLongestAnswer = 16 << 20;
/// Nobody waits long for what is done after a failure, or after having been asked to stop.
constexpr net::HttpDeadlines kDeadlinesOfForgetting{.connect = std::chrono::milliseconds(500),
                                                    .stall = std::chrono::milliseconds(1000),
                                                    .answer = std::chrono::milliseconds(1000)};

void add_put_options(net::HttpRequest& request, const PutOptions& options) {
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

class HashSink final : public ByteSink {
 public:
  Status begin(std::optional<std::uint64_t>) override {
    hash_.reset();
    return {};
  }
  Status write(std::string_view bytes) override {
    hash_.update(bytes);
    return {};
  }
  /// Of what has been written; nothing is to be written after it.
  std::string hex() { return base::to_hex(hash_.finish()); }

 private:
  base::Sha256 hash_;
};

/// What is signed of a body: without TLS, all of it.
Outcome<std::string> payload_of(const net::HttpRequest& request) {
  if (request.body == nullptr) return HashSink().hex();
  if (request.url.is_https()) return std::string(kUnsignedPayload);
  HashSink sink;
  STILLAGE_TRY(net::copy(*request.body, sink));
  return sink.hex();
}

std::string code_of(const net::HttpResponse& response) {
  return net::plain_word(xml_text(xml_element(response.error_body, "Code").value_or("")));
}

/// Whether it is the credentials that are too old, or withdrawn. An answer to HEAD has no body that says so.
bool says_expired(const net::HttpRequest& request, const net::HttpResponse& response) {
  if (response.is_success()) return false;
  const std::string code = code_of(response);
  return code == "ExpiredToken" || code == "InvalidToken" || code == "TokenRefreshRequired" ||
         code == "InvalidAccessKeyId" || (request.method == "HEAD" && response.status == 400);
}

std::optional<std::uint64_t> size_of(std::string_view digits) {
  std::uint64_t size = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (digits.empty() || parsed.ec != std::errc()) return std::nullopt;
  return size;
}

bool is_bucket_name(std::string_view name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
             std::string_view::npos;
}

}  // namespace

Result<std::shared_ptr<S3Store>> S3Store::open(std::shared_ptr<net::HttpClient> client,
                                               S3StoreOptions options) {
  if (!is_bucket_name(options.bucket))
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\" can't be the name of a bucket", base::printable(options.bucket)));
  net::Url bucket = options.endpoint.below(options.bucket);
  if (options.addressing == S3Addressing::virtual_host) {
    std::string text = options.endpoint.to_string();
    text.insert(text.find("://") + 3, options.bucket + ".");
    STILLAGE_ASSIGN(bucket, net::Url::parse(text));
  }
  return std::shared_ptr<S3Store>(new S3Store(std::move(client), std::move(options), std::move(bucket)));
}

S3Store::S3Store(std::shared_ptr<net::HttpClient> client, S3StoreOptions options, net::Url bucket)
    : client_(std::move(client)),
      options_(std::move(options)),
      bucket_(std::move(bucket)),
      part_retrier_(options_.part_retry) {}

Traits S3Store::traits() const {
  return {.list = true,
          .remove = true,
          .overwrite = true,
          .conditional = options_.conditional_puts,
          .metadata = true};
}

std::string S3Store::name() const {
  return "the S3 bucket " + bucket_.display();
}

net::HttpRequest S3Store::request(std::string method, const net::Url& url) const {
  net::HttpRequest request(std::move(method), url);
  request.deadlines = options_.deadlines;
  request.accept = [where = url.display()](const net::HttpHead& head) -> Outcome<void> {
    // Of two puts of one blob at once, Swift tells one that it is done in a page; no portal signs it so.
    if (!head.headers.get("x-amz-request-id").empty()) return {};
    return check_no_web_page(head, where);
  };
  return request;
}

Outcome<net::HttpResponse> S3Store::perform(net::HttpRequest& request, ByteSink& sink,
                                            const std::stop_token& stop) {
  STILLAGE_ASSIGN(const std::string payload, payload_of(request));
  const auto sign = [&](net::HttpRequest& plain) -> Outcome<AwsCredentials> {
    STILLAGE_ASSIGN(AwsCredentials credentials, options_.credentials(stop));
    sign_v4(plain, credentials, options_.region, payload, std::chrono::system_clock::now());
    return credentials;
  };
  return perform_signed(*client_, request, sink, stop, sign,
                        [&](const net::HttpResponse& answer, const AwsCredentials& credentials) {
                          return says_expired(request, answer) && options_.credentials_refused &&
                                 options_.credentials_refused(credentials);
                        });
}

Outcome<std::string> S3Store::tell(net::HttpRequest request, const std::stop_token& stop,
                                   net::Headers* headers) {
  net::MemorySink body(kLongestAnswer);
  STILLAGE_ASSIGN(net::HttpResponse answer, perform(request, body, stop));
  if (!answer.is_success()) return tl::make_unexpected(failure_of(request, answer));
  if (headers != nullptr) *headers = std::move(answer.headers);
  return body.take();
}

Failure S3Store::failure_of(const net::HttpRequest& request, const net::HttpResponse& response) const {
  Failure failure = net::failure_of(request, response);
  failure.code = net::redact(code_of(response), net::secrets_of(request));
  if (failure.code.empty()) return failure;
  failure.message += " (" + failure.code + ")";
  if (failure.code == "NoSuchBucket")
    failure.message += fmt::format("; make the bucket \"{}\" first", options_.bucket);
  if (failure.code == "SignatureDoesNotMatch" || failure.code == "InvalidAccessKeyId")
    failure.message += "; are the access key and the secret key right?";
  if (failure.code == "RequestTimeTooSkewed") failure.message += "; is this machine's clock right?";
  if (failure.code == "PermanentRedirect" || failure.code == "AuthorizationHeaderMalformed")
    failure.message += fmt::format("; is the bucket in the region {}?", options_.region);
  if (failure.code == "ExpiredToken" || failure.code == "InvalidToken")
    failure.what = FailureKind::unauthorised;
  if (failure.code == "RequestTimeout") failure.what = FailureKind::transient;
  return failure;
}

Outcome<PutOutcome> S3Store::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                 std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_TRY(check_put(options, traits(), name()));
  Outcome<void> done;
  if (source.size() > options_.single_put) {
    done = put_parts(key, source, options, stop);
  } else {
    net::HttpRequest put = request("PUT", bucket_.below(key));
    for (const net::Header& field : options_.put_headers) put.headers.add_secret(field.name, field.value);
    add_put_options(put, options);
    if (options.mode == PutMode::if_absent) put.headers.add("If-None-Match", "*");
    put.body = &source;
    if (auto told = tell(std::move(put), stop); !told) done = tl::make_unexpected(std::move(told).error());
  }
  if (done) return PutOutcome::stored;
  // 409: another conditional put of the same key is under way.
  const int status = done.error().http_status;
  if (options.mode == PutMode::if_absent && status == 412) return PutOutcome::already_there;
  if (options.mode == PutMode::if_absent && status == 409) done.error().what = FailureKind::transient;
  return tl::make_unexpected(std::move(done).error());
}

Outcome<void> S3Store::put_parts(const std::string& key, ByteSource& source, const PutOptions& options,
                                 const std::stop_token& stop) {
  net::HttpRequest start = request("POST", bucket_.below(key).with_parameter("uploads", ""));
  for (const net::Header& field : options_.put_headers) start.headers.add_secret(field.name, field.value);
  add_put_options(start, options);
  STILLAGE_ASSIGN(const std::string begun, tell(std::move(start), stop));
  const std::string id = xml_text(xml_element(begun, "UploadId").value_or(""));
  if (id.empty()) return net::failure(FailureKind::protocol, fmt::format("{} begins no upload", name()));
  const net::Url upload = bucket_.below(key).with_parameter("uploadId", id);

  std::vector<std::string> etags((source.size() + options_.upload.size - 1) / options_.upload.size);
  const auto send = [&](std::size_t index, std::string_view bytes, std::stop_token token) {
    return part_retrier_.tried(token, [&]() -> Outcome<void> {
      net::HttpRequest put = request("PUT", bucket_.below(key)
                                                .with_parameter("partNumber", std::to_string(index + 1))
                                                .with_parameter("uploadId", id));
      net::MemorySource part(bytes);
      put.body = &part;
      net::Headers headers;
      STILLAGE_TRY(tell(std::move(put), token, &headers));
      etags[index] = headers.get("etag");
      return {};
    });
  };
  auto sent = send_parts(source, options_.upload, send, stop);
  Outcome<void> done;
  if (sent)
    done = finish_parts(upload, etags, options, stop);
  else
    done = tl::make_unexpected(std::move(sent).error());
  if (!done) forget_parts(upload);
  return done;
}

void S3Store::forget_parts(const net::Url& upload) {
  net::HttpRequest forget = request("DELETE", upload);
  forget.deadlines = kDeadlinesOfForgetting;
  (void)tell(std::move(forget), {});
}

Outcome<void> S3Store::finish_parts(const net::Url& upload, const std::vector<std::string>& etags,
                                    const PutOptions& options, const std::stop_token& stop) {
  std::string parts = "<CompleteMultipartUpload>";
  for (std::size_t i = 0; i < etags.size(); ++i)
    parts += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1,
                         base::replace_all(etags[i], "\"", "&quot;"));
  parts += "</CompleteMultipartUpload>";
  net::MemorySource body(parts);
  net::HttpRequest finish = request("POST", upload);
  // The head of the answer comes at once; what follows while the parts are joined is a space now and then.
  finish.deadlines.stall = std::max(finish.deadlines.stall, finish.deadlines.answer);
  finish.deadlines.slow_bytes = 0;
  finish.headers.add("Content-Type", "application/xml");
  if (options.mode == PutMode::if_absent) finish.headers.add("If-None-Match", "*");
  finish.body = &body;
  STILLAGE_ASSIGN(const std::string answer, tell(std::move(finish), stop));
  // The status is sent before the work is done: a failure may stand in the body of a 200.
  if (const auto code = xml_element(answer, "Code"))
    return net::failure(FailureKind::transient, fmt::format("{} does not finish an upload ({})", name(),
                                                            net::plain_word(xml_text(*code))));
  return {};
}

Outcome<std::optional<BlobInfo>> S3Store::get(const std::string& key, ByteSink& sink, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  const RangedGet get{
      .request = [&] { return request("GET", bucket_.below(key)); },
      .perform = [this](net::HttpRequest& ask, ByteSink& into,
                        const std::stop_token& token) { return perform(ask, into, token); },
      .failure_of = [this](const net::HttpRequest& asked,
                           const net::HttpResponse& answer) { return failure_of(asked, answer); }};
  auto answer = get_in_ranges(get, options_.download, part_retrier_, sink, stop);
  if (answer)
    return std::optional(BlobInfo{.size = answer->received, .metadata = metadata_of(answer->headers)});
  if (answer.error().code == "NoSuchKey") return std::optional<BlobInfo>();
  return tl::make_unexpected(std::move(answer).error());
}

Outcome<std::optional<BlobInfo>> S3Store::contains(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  net::HttpRequest head = request("HEAD", bucket_.below(key));
  NoSink none;
  STILLAGE_ASSIGN(const net::HttpResponse answer, perform(head, none, stop));
  if (answer.is_success())
    return std::optional(BlobInfo{.size = answer.content_length, .metadata = metadata_of(answer.headers)});
  // An answer to HEAD has no body that could say what it is that is not there.
  if (answer.status == 404) return std::optional<BlobInfo>();
  return tl::make_unexpected(failure_of(head, answer));
}

Outcome<void> S3Store::remove(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  auto removed = tell(request("DELETE", bucket_.below(key)), stop);
  if (removed || removed.error().code == "NoSuchKey") return {};
  return tl::make_unexpected(std::move(removed).error());
}

Outcome<void> S3Store::list(const std::string& prefix,
                            const std::function<Outcome<void>(const ListedBlob&)>& visit,
                            std::stop_token stop) {
  std::string next;
  do {
    net::Url url = bucket_.with_parameter("list-type", "2");
    if (!prefix.empty()) url = url.with_parameter("prefix", prefix);
    if (!next.empty()) url = url.with_parameter("continuation-token", next);
    STILLAGE_ASSIGN(const std::string page, tell(request("GET", url), stop));
    for (const std::string_view blob : xml_elements(page, "Contents")) {
      const ListedBlob listed{.key = xml_text(xml_element(blob, "Key").value_or("")),
                              .size = size_of(xml_element(blob, "Size").value_or(""))};
      if (is_valid_key(listed.key)) STILLAGE_TRY(visit(listed));
    }
    next = xml_text(xml_element(page, "NextContinuationToken").value_or(""));
  } while (!next.empty());
  return {};
}

}  // namespace stillage::blob
