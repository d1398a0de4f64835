// SPDX-License-Identifier: MIT
#include "base/strings.h"
#include "blob/azure_client_assertion.h"
#include "blob/azure_identity_flows.h"

namespace stillage::blob {
namespace {

constexpr const char* kEnvironment = "the Azure credential \"environment\"";

/// Fields that say who asks and prove it, made anew for each token.
using Proof = std::function<net::Outcome<FormFields>(const net::Url& endpoint)>;

Proof proof_of(const Variables& variables) {
  const std::string& id = variables.get("AZURE_CLIENT_ID");
  if (const std::string& secret = variables.get("AZURE_CLIENT_SECRET"); !secret.empty())
    return [secret](const net::Url&) -> net::Outcome<FormFields> {
      return FormFields{{"grant_type", "client_credentials"}, {"client_secret", secret}};
    };
  if (variables.has("AZURE_CLIENT_CERTIFICATE_PATH")) {
    const std::string chain = base::to_lower(variables.get("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"));
    const ClientCertificate certificate{.path = variables.get("AZURE_CLIENT_CERTIFICATE_PATH"),
                                        .password = variables.get("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
                                        .send_chain = chain == "true" || chain == "1"};
    return [certificate, id](const net::Url& endpoint) -> net::Outcome<FormFields> {
      STILLAGE_ASSIGN(std::string assertion, client_assertion(certificate, id, endpoint.to_string(),
                                                              std::chrono::system_clock::now()));
      return FormFields{{"grant_type", "client_credentials"},
                        {"client_assertion_type", std::string(kAssertionType)},
                        {"client_assertion", std::move(assertion)}};
    };
  }
  if (variables.has("AZURE_USERNAME") && variables.has("AZURE_PASSWORD"))
    return [user = variables.get("AZURE_USERNAME"),
            password = variables.get("AZURE_PASSWORD")](const net::Url&) -> net::Outcome<FormFields> {
      return FormFields{{"grant_type", "password"}, {"username", user}, {"password", password}};
    };
  return {};
}

}  // namespace

Result<AzureTokenFlow> environment_flow(const Variables& variables, std::shared_ptr<net::HttpClient> client) {
  const std::string missing = variables.missing({"AZURE_TENANT_ID", "AZURE_CLIENT_ID"});
  const Proof proof = proof_of(variables);
  if (!missing.empty() || !proof) {
    std::string message = std::string(kEnvironment) + " is not available: ";
    if (!missing.empty()) message += "without " + missing;
    if (!missing.empty() && !proof) message += ", and ";
    if (!proof)
      message +=
          "without AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH, or AZURE_USERNAME and AZURE_PASSWORD";
    return AzureTokenFlow([message](std::stop_token) -> net::Outcome<AzureToken> {
      return net::failure(net::FailureKind::unauthorised, message);
    });
  }
  STILLAGE_ASSIGN(const net::Url endpoint, token_endpoint(variables, variables.get("AZURE_TENANT_ID")));
  return AzureTokenFlow([endpoint, proof, id = variables.get("AZURE_CLIENT_ID"),
                         client = std::move(client)](std::stop_token stop) -> net::Outcome<AzureToken> {
    STILLAGE_ASSIGN(FormFields fields, proof(endpoint));
    fields.emplace_back("client_id", id);
    fields.emplace_back("scope", std::string(kStorageResource) + "/.default");
    return request_token(*client, kEnvironment, endpoint, fields, std::move(stop));
  });
}

}  // namespace stillage::blob
