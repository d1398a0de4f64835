// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>

#include "base/strings.h"
#include "blob/azure_identity_flows.h"
#include "os/at.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::blob {
namespace {

constexpr const char* kArc = "the Azure credential \"managed-identity\" (Azure Arc)";
constexpr std::string_view kKeyEnd = ".key";
constexpr std::uint64_t kLongestKey = 4096;

tl::unexpected<net::Failure> refused(std::string_view why) {
  return net::failure(net::FailureKind::unauthorised, fmt::format("{}: {}", kArc, why));
}

/// The file that `Basic realm=<file>` names. Whatever answers there could name any file, and would be sent
/// its content: it is one of the agent's own, or none.
net::Outcome<std::string> key_file(std::string_view challenge, const std::string& folder) {
  const std::size_t equals = challenge.find('=');
  if (!base::to_lower(std::string(challenge)).starts_with("basic realm=") || equals == std::string_view::npos)
    return refused("its agent names no key file");
  const std::string path(base::trim(challenge.substr(equals + 1)));
  const bool is_the_agents =
      os::parent_path(path) == folder && path.ends_with(kKeyEnd) && os::normalise_path(path) == path;
  if (!is_the_agents) return refused(fmt::format("its agent names a key file that is not in {}", folder));
  return path;
}

/// What proves to the agent that we may read what its group may.
net::Outcome<std::string> read_key(const std::string& path) {
  const auto file = os::open_path(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file) return refused(fmt::format("{}; this user must be in the group himds", file.error().message));
  const auto stat = os::stat_fd(file->get());
  if (!stat || !stat->is_regular() || stat->size > kLongestKey) return refused(path + " is no key file");
  const auto key = os::read_all(file->get(), path, kLongestKey);
  if (!key) return refused(key.error().message);
  return *key;
}

}  // namespace

Result<AzureTokenFlow> arc_flow(const Variables& variables, std::shared_ptr<net::HttpClient> client,
                                const std::string& key_folder) {
  STILLAGE_ASSIGN(
      const net::Url endpoint,
      credential_url("IDENTITY_ENDPOINT", variables.get("IDENTITY_ENDPOINT"), PlainHttp::loopback));
  CredentialQuestion question(
      "GET",
      endpoint.with_parameter("api-version", "2019-11-01").with_parameter("resource", kStorageResource));
  question.request.headers.add("Metadata", "true");
  return AzureTokenFlow([question, key_folder,
                         client = std::move(client)](std::stop_token stop) -> net::Outcome<AzureToken> {
    STILLAGE_ASSIGN(const CredentialAnswer challenge, ask(*client, question, stop));
    if (challenge.head.status != 401)
      return refused(
          fmt::format("its agent answers {} where it should ask for a key", challenge.head.status));
    STILLAGE_ASSIGN(const std::string path,
                    key_file(challenge.head.headers.get("www-authenticate"), key_folder));
    STILLAGE_ASSIGN(const std::string key, read_key(path));
    if (!is_plain_credential(key)) return refused(path + " holds no key");
    CredentialQuestion proven = question;
    proven.request.headers.add_secret("Authorization", "Basic " + key);
    STILLAGE_ASSIGN(const CredentialAnswer answer, ask(*client, proven, std::move(stop)));
    if (answer.head.is_success()) return parse_token(answer.body, kArc, std::chrono::system_clock::now());
    return tl::make_unexpected(refusal(kArc, proven, answer, token_error(answer.body),
                                       "see whether this machine is still connected (azcmagent show)", {}));
  });
}

}  // namespace stillage::blob
