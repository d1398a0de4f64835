// SPDX-License-Identifier: MIT
#include "blob/azure_identity.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "blob/azure_identity_flows.h"

namespace stillage::blob {
namespace {

struct Row {
  const char* name;
  Result<AzureTokenFlow> (*open)(const Variables& variables, std::shared_ptr<net::HttpClient> client);
};

// In the order in which lage lists them.
constexpr Row kCredentials[] = {
    {"environment", environment_flow},
    {"workload-identity", workload_flow},
    {"managed-identity", managed_flow},
    {"visual-studio-code", editor_flow},
    {"azure-cli", cli_flow},
};

}  // namespace

Result<AzureTokenFlow> editor_flow(const Variables&, std::shared_ptr<net::HttpClient>) {
  return AzureTokenFlow([](std::stop_token) -> net::Outcome<AzureToken> {
    return net::failure(net::FailureKind::unauthorised,
                        "no implementation of VisualStudioCodeCredential is available on Linux; log in with "
                        "`az login` and use the credentialName \"azure-cli\"");
  });
}

const std::vector<std::string>& azure_credential_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Row& row : kCredentials) list.emplace_back(row.name);
    return list;
  }();
  return names;
}

Result<AzureTokens> azure_tokens(const std::string& credential_name, const Variables& variables,
                                 std::shared_ptr<net::HttpClient> client) {
  const bool is_configured = !credential_name.empty();
  std::string name = is_configured ? credential_name : variables.get("AZURE_IDENTITY_CREDENTIAL_NAME");
  if (name.empty()) name = kCredentials[0].name;
  const auto* const row = std::find_if(std::begin(kCredentials), std::end(kCredentials),
                                       [&name](const Row& known) { return name == known.name; });
  if (row == std::end(kCredentials))
    return fail(ErrorKind::invalid,
                fmt::format("Invalid {}: \"{}\". Allowed values: {}",
                            is_configured ? "cacheStorageConfig.options.credentialName"
                                          : "AZURE_IDENTITY_CREDENTIAL_NAME",
                            base::printable(name), base::join(azure_credential_names(), ", ")));
  STILLAGE_ASSIGN(AzureTokenFlow flow, row->open(variables, std::move(client)));
  const auto tokens = std::make_shared<Renewed<std::string>>(std::move(flow));
  return AzureTokens{.get = [tokens](std::stop_token stop) { return tokens->get(std::move(stop)); },
                     .refused = [tokens](const std::string& token) { return tokens->refused(token); }};
}

}  // namespace stillage::blob
