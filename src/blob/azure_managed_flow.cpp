// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "blob/azure_identity_flows.h"

namespace stillage::blob {
namespace {

constexpr const char* kManagedIdentity = "the Azure credential \"managed-identity\"";
constexpr const char* kMetadataService = "http://169.254.169.254";

net::Outcome<AzureToken> ask_for_token(net::HttpClient& client, CredentialQuestion question,
                                       std::stop_token stop) {
  auto answer = ask(client, question, std::move(stop));
  if (!answer && answer.error().is_transient())
    answer.error().message =
        fmt::format("{}: {}; does this machine have one?", kManagedIdentity, answer.error().message);
  if (!answer) return tl::make_unexpected(std::move(answer).error());
  if (answer->head.is_success())
    return parse_token(answer->body, kManagedIdentity, std::chrono::system_clock::now());
  return tl::make_unexpected(
      refusal(kManagedIdentity, question, *answer, token_error(answer->body),
              "give this machine an identity, or name the one to use in AZURE_CLIENT_ID", {}));
}

/// The question, without the field that proves that we may ask.
CredentialQuestion question_for(const net::Url& endpoint, std::string_view version, const std::string& id) {
  net::Url url = endpoint.with_parameter("api-version", version).with_parameter("resource", kStorageResource);
  if (!id.empty()) url = url.with_parameter("client_id", id);
  return {"GET", url};
}

Result<AzureTokenFlow> app_service_flow(const Variables& variables, std::shared_ptr<net::HttpClient> client) {
  STILLAGE_ASSIGN(const net::Url endpoint,
                  credential_url("IDENTITY_ENDPOINT", variables.get("IDENTITY_ENDPOINT"), PlainHttp::local));
  CredentialQuestion question = question_for(endpoint, "2019-08-01", variables.get("AZURE_CLIENT_ID"));
  question.request.headers.add_secret("X-IDENTITY-HEADER", variables.get("IDENTITY_HEADER"));
  return AzureTokenFlow([question, client = std::move(client)](std::stop_token stop) {
    return ask_for_token(*client, question, std::move(stop));
  });
}

Result<AzureTokenFlow> metadata_flow(const Variables& variables, std::shared_ptr<net::HttpClient> client) {
  std::string host = variables.get("AZURE_POD_IDENTITY_AUTHORITY_HOST");
  if (host.empty()) host = kMetadataService;
  STILLAGE_ASSIGN(const net::Url endpoint,
                  credential_url("AZURE_POD_IDENTITY_AUTHORITY_HOST", host, PlainHttp::local));
  CredentialQuestion question = question_for(endpoint.below("metadata/identity/oauth2/token"), "2018-02-01",
                                             variables.get("AZURE_CLIENT_ID"));
  // Without it the service takes the question for one that a web page has made somebody ask.
  question.request.headers.add("Metadata", "true");
  return AzureTokenFlow([question, client = std::move(client)](std::stop_token stop) {
    return ask_for_token(*client, question, std::move(stop));
  });
}

}  // namespace

Result<AzureTokenFlow> managed_flow(const Variables& variables, std::shared_ptr<net::HttpClient> client) {
  const bool has_endpoint = variables.has("IDENTITY_ENDPOINT");
  if (has_endpoint && variables.has("IDENTITY_SERVER_THUMBPRINT"))
    return AzureTokenFlow([](std::stop_token) -> net::Outcome<AzureToken> {
      return net::failure(
          net::FailureKind::unauthorised,
          fmt::format("{} is not available in Service Fabric; use \"environment\"", kManagedIdentity));
    });
  if (has_endpoint && variables.has("IDENTITY_HEADER")) return app_service_flow(variables, std::move(client));
  if (has_endpoint && variables.has("IMDS_ENDPOINT")) return arc_flow(variables, std::move(client));
  // A pod of Kubernetes has its identity by a token of the cluster.
  if (variables.missing({"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"}).empty())
    return workload_flow(variables, std::move(client));
  return metadata_flow(variables, std::move(client));
}

}  // namespace stillage::blob
