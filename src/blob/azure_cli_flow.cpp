// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <ctime>

#include "base/json.h"
#include "blob/azure_identity_flows.h"
#include "blob/child_answer.h"
#include "os/process.h"

namespace stillage::blob {
namespace {

constexpr const char* kAzureCli = "the Azure credential \"azure-cli\"";
// A program in Python that may have to ask a server; the build waits for it.
constexpr std::chrono::seconds kDeadline{10};

net::Outcome<AzureToken> failed(std::string_view why) {
  return net::failure(net::FailureKind::unauthorised, fmt::format("{}: {}", kAzureCli, why));
}

/// What the program says of its failure, in words of our own: its text may hold anything.
std::string reason_in(std::string_view text) {
  std::string reason = "`az account get-access-token` fails";
  if (const std::size_t at = text.find("AADSTS"); at != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789", at + 6), at + 20);
    reason += fmt::format(" ({})", text.substr(at, end - at));
  }
  return reason + "; run `az login`";
}

/// "2026-11-22 23:59:10.000000", in this machine's time zone.
std::optional<WallTime> local_time(const std::string& text) {
  std::tm parts{};
  if (::strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &parts) == nullptr) return std::nullopt;
  parts.tm_isdst = -1;
  const std::time_t seconds = std::mktime(&parts);
  if (seconds < 0) return std::nullopt;
  return std::chrono::system_clock::from_time_t(seconds);
}

net::Outcome<AzureToken> read_answer(std::string_view text, WallTime now) {
  const auto json = base::parse_json(text, "answer");
  const auto member = [&json](const char* name) -> std::string {
    const auto found = json->find(name);
    if (found == json->end()) return {};
    return found->is_string() ? found->get<std::string>() : base::to_text(*found);
  };
  if (!json || !json->is_object() || !is_plain_credential(member("accessToken")))
    return net::failure(net::FailureKind::protocol,
                        fmt::format("{}: `az account get-access-token` prints no token", kAzureCli));
  AzureToken token{member("accessToken"), epoch_time(member("expires_on"))};
  // Before version 2.54 there was only a text.
  if (!token.expires) token.expires = local_time(member("expiresOn"));
  if (!token.expires) token.expires = now + std::chrono::minutes(5);
  if (*token.expires <= now) return failed("the token that `az` gives has expired; run `az login`");
  return token;
}

}  // namespace

Result<AzureTokenFlow> cli_flow(const Variables& variables, std::shared_ptr<net::HttpClient>) {
  return AzureTokenFlow([variables](std::stop_token stop) -> net::Outcome<AzureToken> {
    if (!os::find_program("az", variables.get("PATH"), "/"))
      return failed("there is no program `az` in PATH; install the Azure CLI and run `az login`");
    STILLAGE_ASSIGN(const ChildAnswer answer, ask_child({"az", "account", "get-access-token", "--output",
                                                         "json", "--resource", std::string(kStorageResource)},
                                                        variables.list(), kDeadline, stop));
    if (answer.exit_code != 0) return failed(reason_in(answer.err));
    return read_answer(answer.out, std::chrono::system_clock::now());
  });
}

}  // namespace stillage::blob
