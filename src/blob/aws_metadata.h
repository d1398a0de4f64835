// SPDX-License-Identifier: MIT
#pragma once
// Credentials that a machine of AWS has by being one: from the agent of its container, or from the metadata
// service of the instance.

#include <stop_token>

#include "blob/aws_answers.h"
#include "blob/variables.h"
#include "net/http_client.h"

namespace stillage::blob {

/// Whether the environment names an agent of a container.
bool has_container_agent(const Variables& variables);

/// From AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (at 169.254.170.2) or AWS_CONTAINER_CREDENTIALS_FULL_URI
/// (https, or on this machine or its link), with the token of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or
/// AWS_CONTAINER_AUTHORIZATION_TOKEN. Failures: as ask() says; `unauthorised` for a refusal, a URL that is
/// not allowed or a token that can't be sent.
net::Outcome<DatedAwsCredentials> container_credentials(net::HttpClient& client, const Variables& variables,
                                                        std::stop_token stop);

/// From the metadata service (version 2 only) at 169.254.169.254, or where AWS_EC2_METADATA_SERVICE_ENDPOINT
/// or AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE (ipv6) says. `unauthorised` with AWS_EC2_METADATA_DISABLED=true
/// and where nobody answers: most machines have no such service.
net::Outcome<DatedAwsCredentials> instance_credentials(net::HttpClient& client, const Variables& variables,
                                                       std::stop_token stop);

}  // namespace stillage::blob
