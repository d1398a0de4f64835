// SPDX-License-Identifier: MIT
#include "blob/aws_profiles.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "os/file.h"
#include "os/user_dirs.h"

namespace stillage::blob {
namespace {

constexpr std::uint64_t kLongestProfiles = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view without_quotes(std::string_view name) {
  const bool quoted =
      name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front();
  return quoted ? name.substr(1, name.size() - 2) : name;
}

/// The profile that a section's title names; nothing if it is about something else.
std::optional<std::string_view> profile_of(std::string_view title, AwsFile kind) {
  if (kind == AwsFile::credentials || title == "default") return without_quotes(title);
  constexpr std::string_view kPrefix = "profile";
  if (!title.starts_with(kPrefix) || title.size() == kPrefix.size()) return std::nullopt;
  const char next = title[kPrefix.size()];
  if (next != ' ' && next != '\t') return std::nullopt;
  return without_quotes(base::trim(title.substr(kPrefix.size())));
}

/// `~/x` as the user means it.
Result<std::string> in_home(const std::string& path, const Variables& variables) {
  if (!path.starts_with("~/")) return path;
  std::string home = variables.get("HOME");
  if (home.empty()) {
    STILLAGE_ASSIGN(home, os::home_dir());
  }
  return home + path.substr(1);
}

Result<AwsProfileMap> load(const Variables& variables, const char* variable, const char* usual,
                           AwsFile kind) {
  auto path = in_home(variables.has(variable) ? variables.get(variable) : usual, variables);
  // Without a home there are no files in it.
  if (!path) return AwsProfileMap();
  STILLAGE_ASSIGN(const std::optional<std::string> text, os::read_file_if_any(*path, kLongestProfiles));
  if (!text) return AwsProfileMap();
  return parse_aws_file(*text, kind, *path);
}

}  // namespace

Result<AwsProfileMap> parse_aws_file(std::string_view text, AwsFile kind, std::string_view origin) {
  AwsProfileMap profiles;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::size_t number = 0;
  bool in_section = false;
  AwsProfile* profile = nullptr;  // nullptr: a section that is none of ours
  const auto wrong = [&](const char* why) {
    return fail(ErrorKind::invalid, fmt::format("{}:{}: {}", base::printable(origin), number, why));
  };
  for (const std::string_view whole : base::split(text, '\n')) {
    ++number;
    const std::string_view line = base::trim(whole);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const std::size_t end = line.find(']');
      if (end == std::string_view::npos) return wrong("a section's title has no ']'");
      const auto name = profile_of(base::trim(line.substr(1, end - 1)), kind);
      profile = name ? &profiles[std::string(*name)] : nullptr;
      in_section = true;
      continue;
    }
    if (!in_section) return wrong("a setting before the first section");
    if (whole.front() == ' ' || whole.front() == '\t') continue;
    const std::size_t sign = line.find_first_of("=:");
    if (sign == std::string_view::npos || sign == 0) return wrong("neither a section nor \"name = value\"");
    if (profile == nullptr) continue;
    (*profile)[base::to_lower(base::trim(line.substr(0, sign)))] = base::trim(line.substr(sign + 1));
  }
  return profiles;
}

std::optional<AwsProfile> AwsProfiles::find(std::string_view name) const {
  const auto ours = credentials.find(name);
  const auto theirs = config.find(name);
  if (ours == credentials.end() && theirs == config.end()) return std::nullopt;
  AwsProfile both;
  if (ours != credentials.end()) both = ours->second;
  if (theirs != config.end()) both.insert(theirs->second.begin(), theirs->second.end());
  return both;
}

Result<AwsProfiles> load_aws_profiles(const Variables& variables) {
  AwsProfiles profiles;
  STILLAGE_ASSIGN(profiles.config, load(variables, "AWS_CONFIG_FILE", "~/.aws/config", AwsFile::config));
  STILLAGE_ASSIGN(profiles.credentials,
                  load(variables, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", AwsFile::credentials));
  return profiles;
}

std::string aws_profile_name(const std::string& asked, const Variables& variables) {
  if (!asked.empty()) return asked;
  return variables.has("AWS_PROFILE") ? variables.get("AWS_PROFILE") : "default";
}

Result<std::string> aws_region(const std::string& asked_profile, const Variables& variables) {
  for (const char* const name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (variables.has(name)) return variables.get(name);
  STILLAGE_ASSIGN(const AwsProfiles profiles, load_aws_profiles(variables));
  const auto profile = profiles.find(aws_profile_name(asked_profile, variables));
  if (!profile) return std::string();
  const auto region = profile->find("region");
  return region == profile->end() ? std::string() : region->second;
}

}  // namespace stillage::blob
