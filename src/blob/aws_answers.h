// SPDX-License-Identifier: MIT
#pragma once
// Credentials as the services and programs of AWS give them. Failures show nothing of an answer.

#include <optional>
#include <string>
#include <string_view>

#include "blob/renewed.h"
#include "blob/sigv4.h"

namespace stillage::blob {

using DatedAwsCredentials = Dated<AwsCredentials>;

/// "2026-11-22T10:11:12Z", also with a fraction of a second, or an offset; nothing if it is no such time.
std::optional<WallTime> parse_iso_time(std::string_view text);

/// An object with AccessKeyId, SecretAccessKey, `token_name` and Expiration, of which the last two may be
/// missing. `who` stands in front of what is said of a failure: `protocol` if it holds no credentials,
/// `unauthorised` if they have expired.
net::Outcome<DatedAwsCredentials> parse_credentials_json(std::string_view text, const char* token_name,
                                                         const std::string& who, WallTime now);

/// The same in the <Credentials> of an answer of the Security Token Service.
net::Outcome<DatedAwsCredentials> parse_credentials_xml(std::string_view text, const std::string& who,
                                                        WallTime now);

}  // namespace stillage::blob
