// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "base/strings.h"
#include "blob/azure_client_assertion.h"
#include "blob/azure_identity_flows.h"
#include "os/file.h"

namespace stillage::blob {
namespace {

constexpr const char* kWorkloadIdentity = "the Azure credential \"workload-identity\"";
constexpr std::uint64_t kLongestAssertion = 64 << 10;

net::Outcome<std::string> read_token(const std::string& path) {
  const auto text = os::read_file(path, kLongestAssertion);
  if (!text)
    return net::failure(net::FailureKind::unauthorised, fmt::format("{}: AZURE_FEDERATED_TOKEN_FILE: {}",
                                                                    kWorkloadIdentity, text.error().message));
  std::string token(base::trim(*text));
  if (!is_plain_credential(token))
    return net::failure(net::FailureKind::unauthorised,
                        fmt::format("{}: AZURE_FEDERATED_TOKEN_FILE ({}) holds no token", kWorkloadIdentity,
                                    base::printable(path)));
  return token;
}

}  // namespace

Result<AzureTokenFlow> workload_flow(const Variables& variables, std::shared_ptr<net::HttpClient> client) {
  const std::string missing =
      variables.missing({"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"});
  if (!missing.empty())
    return AzureTokenFlow([missing](std::stop_token) -> net::Outcome<AzureToken> {
      return net::failure(net::FailureKind::unauthorised,
                          fmt::format("{} is not available: without {}", kWorkloadIdentity, missing));
    });
  STILLAGE_ASSIGN(const net::Url endpoint, token_endpoint(variables, variables.get("AZURE_TENANT_ID")));
  return AzureTokenFlow([endpoint, id = variables.get("AZURE_CLIENT_ID"),
                         file = variables.get("AZURE_FEDERATED_TOKEN_FILE"),
                         client = std::move(client)](std::stop_token stop) -> net::Outcome<AzureToken> {
    STILLAGE_ASSIGN(std::string token, read_token(file));
    const FormFields fields{{"grant_type", "client_credentials"},
                            {"client_id", id},
                            {"client_assertion_type", std::string(kAssertionType)},
                            {"client_assertion", std::move(token)},
                            {"scope", std::string(kStorageResource) + "/.default"}};
    return request_token(*client, kWorkloadIdentity, endpoint, fields, std::move(stop));
  });
}

}  // namespace stillage::blob
