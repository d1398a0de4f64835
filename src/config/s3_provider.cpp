// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "blob/aws_credentials.h"
#include "blob/aws_profiles.h"
#include "blob/credential_request.h"
#include "blob/s3_store.h"
#include "config/http_client_options.h"
#include "config/login_client.h"

namespace stillage::config {
namespace {

constexpr const char* kSomeRegion = "us-east-1";  // where an endpoint of one's own knows none

/// A region is part of a host's name and of signatures.
bool is_region(const std::string& text) {
  return !text.empty() && text.size() <= 63 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

/// The endpoint that is configured; nothing for that of AWS.
Result<std::optional<net::Url>> take_endpoint(ProviderOptions& options, const blob::Variables& variables) {
  if (options.find("endpoint")) {
    STILLAGE_ASSIGN(net::Url url, options.url("endpoint"));
    if (url.scheme() != "https" && url.scheme() != "http")
      return options.wrong("endpoint", "must be an http or https URL");
    return std::optional(std::move(url));
  }
  for (const char* const name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
    if (!variables.has(name)) continue;
    auto url = net::Url::parse(variables.get(name));
    if (!url || (url->scheme() != "https" && url->scheme() != "http"))
      return fail(ErrorKind::invalid,
                  fmt::format("the environment variable {} is no URL that can be used", name));
    return std::optional(std::move(*url));
  }
  return std::optional<net::Url>();
}

Result<std::string> take_region(ProviderOptions& options, const std::string& profile,
                                const blob::Variables& variables, bool is_needed) {
  std::string region = options.text_or("region", "");
  if (region.empty()) {
    STILLAGE_ASSIGN(region, blob::aws_region(profile, variables));
  }
  if (region.empty() && is_needed)
    return options.wrong("region", "is missing; AWS_REGION or the AWS profile can name it too");
  if (region.empty()) return std::string(kSomeRegion);
  if (!is_region(region))
    return options.wrong("region", "can be no region; it is a word such as eu-central-1");
  return region;
}

/// Keys in the options, else those that the AWS tools would find.
Status take_identity(ProviderOptions& options, const std::string& profile, const blob::Variables& variables,
                     std::shared_ptr<net::HttpClient> client, blob::S3StoreOptions& store) {
  const blob::AwsCredentials keys{.access_key = options.text_or("accessKeyId", ""),
                                  .secret_key = options.text_or("secretAccessKey", ""),
                                  .session_token = options.text_or("sessionToken", "")};
  if (keys.access_key.empty() != keys.secret_key.empty())
    return options.wrong(keys.access_key.empty() ? "accessKeyId" : "secretAccessKey", "is missing");
  if (!keys.session_token.empty() && keys.access_key.empty())
    return options.wrong("sessionToken", "is of no use without accessKeyId");
  if (!keys.access_key.empty()) {
    if (!profile.empty()) return options.wrong("profile", "contradicts accessKeyId");
    for (const std::string* const key : {&keys.access_key, &keys.secret_key, &keys.session_token})
      if (!key->empty() && !blob::is_plain_credential(*key))
        return options.wrong("accessKeyId", "or its secret has characters that no key may have");
    store.credentials = [keys](std::stop_token) -> net::Outcome<blob::AwsCredentials> { return keys; };
    return {};
  }
  blob::AwsIdentity identity =
      blob::aws_identity({.profile = profile, .region = store.region}, variables, std::move(client));
  store.credentials = std::move(identity.get);
  store.credentials_refused = std::move(identity.refused);
  return {};
}

/// The fields that ask for encryption at rest.
Status take_encryption(ProviderOptions& options, blob::S3StoreOptions& store) {
  const std::string kind = options.text_or("serverSideEncryption", "");
  const std::string key = options.text_or("sseKmsKeyId", "");
  if (!kind.empty() && kind != "AES256" && kind != "aws:kms" && kind != "aws:kms:dsse")
    return options.wrong("serverSideEncryption", "must be AES256, aws:kms or aws:kms:dsse");
  if (!key.empty() && !kind.starts_with("aws:kms"))
    return options.wrong("sseKmsKeyId", "is of no use without serverSideEncryption: \"aws:kms\"");
  if (!net::is_valid_header("key", key)) return options.wrong("sseKmsKeyId", "can be no id of a key");
  if (!kind.empty()) store.put_headers.push_back({"x-amz-server-side-encryption", kind, false});
  if (!key.empty()) store.put_headers.push_back({"x-amz-server-side-encryption-aws-kms-key-id", key, true});
  return {};
}

}  // namespace

Result<std::shared_ptr<blob::BlobStore>> open_s3_store(ProviderOptions& options, const StorePlace& place) {
  const blob::Variables variables(place.environment.list());
  const std::string profile = options.text_or("profile", "");
  STILLAGE_ASSIGN(const auto endpoint, take_endpoint(options, variables));
  STILLAGE_ASSIGN(const std::string region, take_region(options, profile, variables, !endpoint));
  STILLAGE_ASSIGN(const std::string bucket, options.text("bucket"));
  STILLAGE_ASSIGN(const net::TlsOptions tls, take_tls_options(options, place));
  STILLAGE_ASSIGN(const net::Url amazon,
                  net::Url::parse(fmt::format("https://s3.{}.amazonaws.com{}", region,
                                              region.starts_with("cn-") ? ".cn" : "")));
  blob::S3StoreOptions store{
      .endpoint = endpoint.value_or(amazon), .bucket = bucket, .region = region, .credentials = {}};
  STILLAGE_ASSIGN(store.deadlines, take_deadlines(options));

  const std::string& host = store.endpoint.host();
  const bool is_amazon = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
  // No certificate is for names that have one more dot in their front.
  STILLAGE_ASSIGN(const bool by_path,
                  options.flag("forcePathStyle", !is_amazon || bucket.find('.') != std::string::npos));
  store.addressing = by_path ? blob::S3Addressing::path : blob::S3Addressing::virtual_host;
  STILLAGE_ASSIGN(store.conditional_puts, options.flag("conditionalPuts", is_amazon));
  STILLAGE_TRY(take_encryption(options, store));

  STILLAGE_ASSIGN(auto login, login_client(options, place));
  STILLAGE_TRY(take_identity(options, profile, variables, std::move(login), store));
  auto opened = blob::S3Store::open(std::make_shared<net::HttpClient>(net::HttpClientOptions{.tls = tls}),
                                    std::move(store));
  if (!opened) return options.wrong("bucket", "can't be the name of a bucket");
  return std::shared_ptr<blob::BlobStore>(std::move(*opened));
}

}  // namespace stillage::config
