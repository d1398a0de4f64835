// SPDX-License-Identifier: MIT
#include "blob/aws_profiles.h"

#include <gmock/gmock.h>

#include "support/temp_dir.h"

namespace stillage::blob {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

AwsProfileMap parsed(std::string_view text, AwsFile kind = AwsFile::config) {
  auto profiles = parse_aws_file(text, kind, "file");
  EXPECT_TRUE(profiles) << profiles.error().message;
  return profiles ? *profiles : AwsProfileMap();
}

TEST(AwsProfiles, AreSectionsWithSettings) {
  const auto config = parsed(
      "\xef\xbb\xbf# a comment\r\n[default]\r\nregion = eu-central-1\r\n\n"
      "[profile  ci ] ; more\nRole_Arn=arn:aws:iam::1:role/ci\ns3 =\n  max_queue = 7\n; x\nkey : a = b\nkey "
      "= c # d\n"
      "[sso-session s]\nregion = there\n[profile \"two words\"]\nregion = x\n[services y]\n[profilex]\nz = "
      "1\n");
  EXPECT_THAT(config,
              ElementsAre(Pair("ci", ElementsAre(Pair("key", "c # d"),
                                                 Pair("role_arn", "arn:aws:iam::1:role/ci"), Pair("s3", ""))),
                          Pair("default", ElementsAre(Pair("region", "eu-central-1"))),
                          Pair("two words", ElementsAre(Pair("region", "x")))));
  EXPECT_THAT(parsed("[profile a]\nk=1\n[a]\nk=2\n[a]\nl=3", AwsFile::credentials),
              ElementsAre(Pair("a", ElementsAre(Pair("k", "2"), Pair("l", "3"))),
                          Pair("profile a", ElementsAre(Pair("k", "1")))));
  EXPECT_TRUE(parsed("").empty());
}

TEST(AwsProfiles, ErrorsNameTheLineAndShowNothingOfIt) {
  for (const char* const text :
       {"[default]\n\nhunter2\n", "[default]\n\n[hunter2\n", "\n\nhunter2 = x\n", "[default]\n\n=hunter2"}) {
    const auto profiles = parse_aws_file(text, AwsFile::config, "/home/me/.aws/config");
    ASSERT_FALSE(profiles) << text;
    EXPECT_THAT(profiles.error().message,
                AllOf(HasSubstr("/home/me/.aws/config:3: "), Not(HasSubstr("hunter2"))));
  }
}

TEST(AwsProfiles, CredentialsComeBeforeConfig) {
  const test::TempDir dir;
  dir.write(".aws/config", "[profile p]\nregion = there\naws_access_key_id = config\n");
  dir.write(".aws/credentials", "[p]\naws_access_key_id = credentials\n");
  const Variables home({"HOME=" + dir.path()});
  const auto profile = load_aws_profiles(home)->find("p");
  ASSERT_TRUE(profile);
  EXPECT_THAT(*profile, ElementsAre(Pair("aws_access_key_id", "credentials"), Pair("region", "there")));
  EXPECT_FALSE(load_aws_profiles(home)->find("q"));
  dir.write("other", "[p]\naws_access_key_id = other\n");
  const Variables named(
      {"HOME=" + dir.path(), "AWS_SHARED_CREDENTIALS_FILE=~/other", "AWS_CONFIG_FILE=~/none"});
  EXPECT_THAT(*load_aws_profiles(named)->find("p"), ElementsAre(Pair("aws_access_key_id", "other")));
}

TEST(AwsRegion, IsThatOfTheEnvironmentOrTheProfile) {
  const test::TempDir dir;
  dir.write(".aws/config", "[default]\nregion = d\n[profile p]\nregion = p\n");
  const auto region = [&dir](std::vector<std::string> variables, const std::string& profile = "") {
    variables.push_back("HOME=" + dir.path());
    return *aws_region(profile, Variables(variables));
  };
  EXPECT_EQ(region({}), "d");
  EXPECT_EQ(region({"AWS_PROFILE=p"}), "p");
  EXPECT_EQ(region({"AWS_PROFILE=p"}, "default"), "d");
  EXPECT_EQ(region({"AWS_PROFILE=none"}), "");
  EXPECT_EQ(region({"AWS_DEFAULT_REGION=a"}), "a");
  EXPECT_EQ(region({"AWS_DEFAULT_REGION=a", "AWS_REGION=b"}), "b");
}

}  // namespace
}  // namespace stillage::blob
