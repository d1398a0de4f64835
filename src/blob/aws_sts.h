// SPDX-License-Identifier: MIT
#pragma once
// Roles: temporary credentials from the Security Token Service of AWS.

#include <stop_token>
#include <string>

#include "blob/aws_answers.h"
#include "blob/variables.h"
#include "net/http_client.h"

namespace stillage::blob {

struct AwsRole {
  std::string arn;
  std::string session_name = {};      ///< "" for one of our own
  std::string external_id = {};       ///< "" for none
  std::string duration_seconds = {};  ///< "" for the service's own
};

/// Where the service of a region is: AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL, else
/// https://sts.<region>.amazonaws.com; without a region the global one. An `invalid` error for a URL that is
/// not https (or http on loopback), and for what can be no region.
Result<net::Url> sts_endpoint(const Variables& variables, const std::string& region);

/// AssumeRole, signed with `credentials`. Failures: `unauthorised` with the service's code; as ask() says.
net::Outcome<DatedAwsCredentials> assume_role(net::HttpClient& client, const Variables& variables,
                                              const std::string& region, const AwsRole& role,
                                              const AwsCredentials& credentials, std::stop_token stop);

/// AssumeRoleWithWebIdentity with the token in `token_file`, which is read each time. Failures: as
/// assume_role; `unauthorised` if there is no token.
net::Outcome<DatedAwsCredentials> assume_role_with_token(net::HttpClient& client, const Variables& variables,
                                                         const std::string& region, const AwsRole& role,
                                                         const std::string& token_file, std::stop_token stop);

}  // namespace stillage::blob
