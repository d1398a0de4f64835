// SPDX-License-Identifier: MIT
#pragma once
// AWS Signature Version 4 for S3, what speaks like it, and the service that gives credentials, in the
// Authorization field. Tests compare it with botocore's.

#include <chrono>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace stillage::blob {

struct AwsCredentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  ///< "" for long-lived keys
  friend bool operator==(const AwsCredentials&, const AwsCredentials&) = default;
};

/// What stands for the digest of a body that is not signed: for bodies that TLS protects.
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

/// Adds X-Amz-Date, X-Amz-Content-SHA256, X-Amz-Security-Token and Authorization. Every field that the
/// request has by then is signed, and Host; its path and query are taken as they are encoded. `payload` is
/// the SHA-256 of the body in hex, or kUnsignedPayload; `service` is the one that is asked.
void sign_v4(net::HttpRequest& request, const AwsCredentials& credentials, std::string_view region,
             std::string_view payload, std::chrono::system_clock::time_point time,
             std::string_view service = "s3");

}  // namespace stillage::blob
