// SPDX-License-Identifier: MIT
// The files of the AWS tools: whatever the bytes, profiles or an error.
#include <cstddef>
#include <cstdint>

#include "blob/aws_profiles.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stillage::blob;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  AwsProfiles profiles;
  for (const AwsFile kind : {AwsFile::config, AwsFile::credentials}) {
    auto read = parse_aws_file(text, kind, "file");
    if (read) (kind == AwsFile::config ? profiles.config : profiles.credentials) = std::move(*read);
  }
  for (const auto& [name, profile] : profiles.config)
    if (!profiles.find(name)) __builtin_trap();
  return 0;
}
