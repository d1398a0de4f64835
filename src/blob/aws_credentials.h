// SPDX-License-Identifier: MIT
#pragma once
// Who asks AWS: credentials from where the AWS tools look for them, in their order. See docs/backends/s3.md;
// tests compare it with botocore's.

#include <functional>
#include <memory>
#include <string>

#include "blob/s3_store.h"
#include "blob/variables.h"
#include "net/http_client.h"

namespace stillage::blob {

struct AwsIdentityOptions {
  std::string profile = {};  ///< if given, the variables with keys do not count
  std::string region = {};   ///< where roles are assumed; "" for the global service
};

/// A source of credentials, and what it is told when some did not do.
struct AwsIdentity {
  AwsCredentialsSource get;
  std::function<bool(const AwsCredentials& credentials)> refused;
};

/// The first of these that is there: AWS_ACCESS_KEY_ID; a profile that assumes a role; a web identity
/// (AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, or of the profile); the profile in the credentials file;
/// its credential_process; the profile in the config file; the container's agent; the instance's metadata.
/// Nothing is read or asked before credentials are wanted; what expires is kept, and renewed before it does,
/// by one thread at a time. Failures of the source are `unauthorised` where somebody has to act (what was
/// found is not whole, or nothing was found), transient where waiting may help. No message shows a secret.
AwsIdentity aws_identity(AwsIdentityOptions options, Variables variables,
                         std::shared_ptr<net::HttpClient> client);

}  // namespace stillage::blob
