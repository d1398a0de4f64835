// SPDX-License-Identifier: MIT
#pragma once
// What the files of the AWS tools say: `~/.aws/config` and `~/.aws/credentials`, which people and tools
// write.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "blob/variables.h"
#include "stillage/result.h"

namespace stillage::blob {

/// The settings of a profile; names in lower case.
using AwsProfile = std::map<std::string, std::string, std::less<>>;
/// Profiles by name.
using AwsProfileMap = std::map<std::string, AwsProfile, std::less<>>;

enum class AwsFile {
  config,       ///< a profile is [profile name], or [default]
  credentials,  ///< a profile is [name]
};

/// Reads the text of a file: sections, "name = value", comments that start with '#' or ';'. Indented lines
/// belong to settings that have settings of their own; those, and sections that are no profile, are passed
/// over. Of two settings with one name the last counts. An `invalid` error names `origin` and the line, and
/// shows nothing of it.
Result<AwsProfileMap> parse_aws_file(std::string_view text, AwsFile kind, std::string_view origin);

/// Both files of a user.
struct AwsProfiles {
  AwsProfileMap config;
  AwsProfileMap credentials;

  /// The profile as both files tell it, that of credentials first; nothing if neither knows it.
  std::optional<AwsProfile> find(std::string_view name) const;
};

/// Reads AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else those in `~/.aws`; a file that is not there is
/// empty. Errors: as parse_aws_file; `io` for what can't be read.
Result<AwsProfiles> load_aws_profiles(const Variables& variables);

/// The profile to use: `asked` where it is not empty, else AWS_PROFILE, else "default".
std::string aws_profile_name(const std::string& asked, const Variables& variables);

/// AWS_REGION, AWS_DEFAULT_REGION, or what the profile says; "" if nobody does. Errors as load_aws_profiles.
Result<std::string> aws_region(const std::string& asked_profile, const Variables& variables);

}  // namespace stillage::blob
