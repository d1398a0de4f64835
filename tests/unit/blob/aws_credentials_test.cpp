// SPDX-License-Identifier: MIT
#include "blob/aws_credentials.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <random>

#include "base/json.h"
#include "blob/aws_sts.h"
#include "os/command.h"
#include "os/talking_child.h"
#include "support/fake_aws.h"
#include "support/in_time.h"
#include "support/scale.h"
#include "support/temp_dir.h"

namespace stillage::blob {
namespace {

using test::FakeAws;
using test::http_answer;
using test::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class AwsCredentialsTest : public ::testing::Test {
 protected:
  /// The credentials as "access secret token", or the failure's message.
  std::string found(const std::string& profile = "") {
    std::vector<std::string> all = variables_;
    for (std::string& variable : aws_.environment()) all.push_back(std::move(variable));
    all.push_back("AWS_CONFIG_FILE=" + (dir_ / "config"));
    all.push_back("AWS_SHARED_CREDENTIALS_FILE=" + (dir_ / "credentials"));
    all.emplace_back("PATH=/usr/bin:/bin");
    const auto identity = aws_identity({.profile = profile, .region = "us-east-1"}, Variables(all),
                                       std::make_shared<net::HttpClient>());
    const auto credentials = identity.get({});
    if (!credentials) {
      kind_ = credentials.error().what;
      return credentials.error().message;
    }
    return credentials->access_key + " " + credentials->secret_key + " " + credentials->session_token;
  }

  FakeAws aws_;
  TempDir dir_;
  std::vector<std::string> variables_;
  net::FailureKind kind_ = net::FailureKind::local;
};

TEST_F(AwsCredentialsTest, OfTheEnvironment) {
  variables_ = {"AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=S"};
  EXPECT_EQ(found(), "A S ");
  variables_.emplace_back("AWS_SESSION_TOKEN=T");
  EXPECT_EQ(found(), "A S T");
  variables_ = {"AWS_ACCESS_KEY_ID=hunter2"};
  EXPECT_THAT(found(), AllOf(HasSubstr("without a secret key"), Not(HasSubstr("hunter2"))));
  variables_ = {"AWS_ACCESS_KEY_ID=a\nb: hunter2", "AWS_SECRET_ACCESS_KEY=S"};
  EXPECT_THAT(found(), AllOf(HasSubstr("characters"), Not(HasSubstr("hunter2"))));
}

TEST_F(AwsCredentialsTest, ARoleIsAssumedWithASignedQuestion) {
  dir_.write(
      "config",
      "[profile ci]\nrole_arn = arn:aws:iam::123456789012:role/ci\nsource_profile = base\nexternal_id = "
      "x&y\nduration_seconds = 900\nrole_session_name = me\n");
  dir_.write("credentials", "[base]\naws_access_key_id = BASE\naws_secret_access_key = s3cret\n");
  variables_ = {"AWS_PROFILE=ci"};
  EXPECT_EQ(found(), "ci.by.BASE s-ci.by.BASE t-ci.by.BASE");
  const auto asked = aws_.asked();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fci&"
            "RoleSessionName=me&ExternalId=x%26y&DurationSeconds=900");
  EXPECT_THAT(asked[0].head, AllOf(HasSubstr("/us-east-1/sts/aws4_request"), Not(HasSubstr("s3cret"))));
}

TEST_F(AwsCredentialsTest, FailuresSayWhatToDoAndShowNoSecret) {
  const auto with = [this](const std::string& config) {
    dir_.write("config", "[default]\n" + config);
    return found();
  };
  const std::string role = "role_arn = arn:aws:iam::123456789012:role/ci\n";
  EXPECT_THAT(with("sso_session = x\n"), HasSubstr("aws configure export-credentials --profile default"));
  EXPECT_THAT(with(role), HasSubstr("needs either source_profile or credential_source"));
  EXPECT_THAT(with(role + "source_profile = none\n"), HasSubstr("not there: none"));
  EXPECT_THAT(with(role + "source_profile = default\n"), HasSubstr("in a circle"));
  EXPECT_THAT(
      with(role + "source_profile = default\naws_access_key_id = a\naws_secret_access_key = b\nmfa_serial = "
                  "m\n"),
      HasSubstr("MFA"));
  EXPECT_THAT(with(role + "credential_source = Nowhere\n"), HasSubstr("none of Environment"));
  EXPECT_THAT(with(role + "credential_source = Environment\n"), HasSubstr("the environment, which has none"));
  EXPECT_THAT(with("credential_process = echo hunter2; exit 3\n"),
              AllOf(HasSubstr("ends with code 3"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(with("credential_process = echo '{\"SecretAccessKey\": \"hunter2\"}'\n"),
              AllOf(HasSubstr("\"Version\": 1"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(with("credential_process = echo '{\"Version\": 1, \"SecretAccessKey\": \"hunter2\"}'\n"),
              AllOf(HasSubstr("without credentials"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(with("web_identity_token_file = /nowhere\nrole_arn = r\n"), HasSubstr("/nowhere"));
  EXPECT_THAT(with("no setting\n"), HasSubstr("config:2: neither"));
  EXPECT_EQ(kind_, net::FailureKind::unauthorised);
  dir_.write("config", "");
  variables_ = {"AWS_PROFILE=missing"};
  EXPECT_THAT(found(), HasSubstr("no profile \"missing\""));
  EXPECT_EQ(kind_, net::FailureKind::unauthorised);
  variables_ = {"AWS_EC2_METADATA_DISABLED=true"};
  dir_.write("config", "");
  EXPECT_THAT(found(), AllOf(HasSubstr("no AWS credentials"), HasSubstr("AWS_EC2_METADATA_DISABLED")));
}

TEST_F(AwsCredentialsTest, AContainersAgentIsAskedWithItsToken) {
  dir_.write("token", "file-t0ken\n");
  variables_ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + aws_.url() + "/container",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN=t0ken"};
  EXPECT_EQ(found(), "CONTAINER s-CONTAINER t-CONTAINER");
  variables_.push_back("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=" + (dir_ / "token"));
  EXPECT_EQ(found(), "CONTAINER s-CONTAINER t-CONTAINER");
  ASSERT_EQ(aws_.asked().size(), 2U);
  EXPECT_THAT(aws_.asked()[0].head, HasSubstr("Authorization: t0ken\r\n"));
  EXPECT_THAT(aws_.asked()[1].head, HasSubstr("Authorization: file-t0ken\r\n"));
  variables_ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://example.com/container"};
  EXPECT_THAT(found(), HasSubstr("must be an https URL"));
  variables_ = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=@example.com/"};
  EXPECT_THAT(found(), HasSubstr("must start with '/'"));
  variables_ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + aws_.url() + "/container",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN=a\r\nb: hunter2"};
  EXPECT_THAT(found(), AllOf(HasSubstr("no header may have"), Not(HasSubstr("hunter2"))));
}

// Most machines are not in that cloud, and a packet to that address goes nowhere.
TEST(AwsInstance, NobodyThereCostsLittle) {
  const TempDir dir;
  const auto identity = aws_identity(
      {}, Variables({"HOME=" + dir.path(), "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://169.254.213.213:9"}),
      std::make_shared<net::HttpClient>());
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) {
    const auto credentials = identity.get({});
    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().what, net::FailureKind::unauthorised);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, test::in_time(std::chrono::milliseconds(2500)));
}

TEST(AwsRoles, TheServiceIsThatOfTheRegion) {
  const auto endpoint = [](const std::string& region, const std::vector<std::string>& variables = {}) {
    const auto url = sts_endpoint(Variables(variables), region);
    return url ? url->to_string() : url.error().message;
  };
  EXPECT_EQ(endpoint(""), "https://sts.amazonaws.com/");
  EXPECT_EQ(endpoint("eu-central-1"), "https://sts.eu-central-1.amazonaws.com/");
  EXPECT_EQ(endpoint("cn-north-1"), "https://sts.cn-north-1.amazonaws.com.cn/");
  EXPECT_THAT(endpoint("x.example.com/"), HasSubstr("no region"));
  EXPECT_EQ(endpoint("r", {"AWS_ENDPOINT_URL=https://all", "AWS_ENDPOINT_URL_STS=https://sts"}),
            "https://sts/");
  EXPECT_THAT(endpoint("r", {"AWS_ENDPOINT_URL=http://all"}), HasSubstr("must be an https URL"));
}

TEST(AwsAnswers, Times) {
  const auto seconds = [](std::string_view text) -> std::int64_t {
    const auto time = parse_iso_time(text);
    return time ? std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count() : -1;
  };
  EXPECT_EQ(seconds("2027-01-15T08:00:00Z"), 1'800'000'000);
  EXPECT_EQ(seconds("2027-01-15T08:00:00.123456Z"), 1'800'000'000);
  EXPECT_EQ(seconds("2027-01-15T10:30:00+02:30"), 1'800'000'000);
  for (const char* const text : {"", "soon", "2027-01-15", "2027-13-15T08:00:00Z", "2027-01-15T08:00:00",
                                 "2027-01-15T08:00:00Zx", "2027-01-15T08:00:00+", "-027-01-15T08:00:00Z"})
    EXPECT_EQ(seconds(text), -1) << text;
}

/// Any set of settings, sensible or not.
class RandomPlaces {
 public:
  RandomPlaces(std::uint32_t seed, const TempDir& dir, const FakeAws& aws)
      : generator_(seed), dir_(dir), aws_(aws) {}

  /// Writes the files, and says which variables there are.
  base::Json make() {
    std::string config;
    std::string credentials;
    for (const std::string& name : kNames) add_profile(name, config, credentials);
    dir_.write("config", config);
    dir_.write("credentials", credentials);
    dir_.write("token", "web-t0ken");
    base::Json environment{{"AWS_CONFIG_FILE", dir_ / "config"},
                           {"AWS_SHARED_CREDENTIALS_FILE", dir_ / "credentials"},
                           {"AWS_ENDPOINT_URL_STS", aws_.url()},
                           {"AWS_EC2_METADATA_SERVICE_ENDPOINT", aws_.url()},
                           {"PATH", "/usr/bin:/bin"},
                           {"no_proxy", "127.0.0.1"}};
    if (chance(20)) environment["AWS_ACCESS_KEY_ID"] = "ENVIRONMENT";
    if (chance(20)) environment["AWS_SECRET_ACCESS_KEY"] = "s-env";
    if (chance(50)) environment["AWS_PROFILE"] = any_name();
    if (chance(20)) environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = dir_ / "token";
    if (chance(20)) environment["AWS_ROLE_ARN"] = role("variable");
    if (chance(30)) environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = aws_.url() + "/container";
    if (chance(30)) environment["AWS_EC2_METADATA_DISABLED"] = "true";
    return {{"env", environment}, {"profile", chance(30) ? base::Json(any_name()) : base::Json()}};
  }

 private:
  const std::vector<std::string> kNames{"default", "base", "ci"};

  bool chance(std::uint32_t percent) { return generator_() % 100 < percent; }
  const std::string& any_name() { return kNames[generator_() % kNames.size()]; }
  static std::string role(const std::string& name) { return "arn:aws:iam::123456789012:role/" + name; }

  void add_profile(const std::string& name, std::string& config, std::string& credentials) {
    config += (name == "default" ? "[default]" : "[profile " + name + "]") + "\noutput = json\n";
    if (chance(30)) {
      config += "role_arn = " + role(name) + "\n";
      if (chance(70)) config += "source_profile = " + any_name() + "\n";
      if (chance(20))
        config += std::string("credential_source = ") +
                  (chance(40)   ? "Environment"
                   : chance(50) ? "EcsContainer"
                                : "Ec2InstanceMetadata") +
                  "\n";
    }
    if (chance(10)) config += "web_identity_token_file = " + (dir_ / "token") + "\n";
    if (chance(15))
      config += "credential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"PROCESS-" + name +
                "\", \"SecretAccessKey\": \"s\"}'\n";
    if (chance(20)) config += "aws_access_key_id = CONFIG-" + name + "\n";
    if (chance(20)) config += "aws_secret_access_key = s-config\n";
    if (!chance(60)) return;
    credentials += "[" + name + "]\n";
    if (chance(50)) credentials += "aws_access_key_id = FILE-" + name + "\naws_secret_access_key = s-file\n";
    if (chance(10)) credentials += "aws_session_token = t-file\n";
  }

  std::mt19937 generator_;
  const TempDir& dir_;
  const FakeAws& aws_;
};

TEST(AwsCredentialsOracle, RandomPlacesLeadToTheCredentialsThatBotocoreFinds) {
  const char* const chosen = std::getenv("STILLAGE_SEED");
  const std::uint32_t seed =
      chosen != nullptr ? static_cast<std::uint32_t>(std::stoul(chosen)) : std::random_device()();
  const int count = test::scale(100, 3000);
  std::printf("%d sets of places, seed %u (STILLAGE_SEED=%u repeats them)\n", count, seed, seed);
  FakeAws aws;
  const TempDir dir;
  RandomPlaces random(seed, dir, aws);
  auto oracle = os::TalkingChild::start(
      {.argv = {"/usr/bin/python3", "-B", TEST_SUPPORT_DIR "/aws_credentials_oracle.py"},
       .environment = os::environment(),
       .dir = {}});
  ASSERT_TRUE(oracle) << oracle.error().message;
  const auto client = std::make_shared<net::HttpClient>();
  int found = 0;
  for (int i = 0; i < count; ++i) {
    const base::Json asked = random.make();
    ASSERT_TRUE(oracle->ask(base::to_text(asked)));
    const auto answer = oracle->answer(std::chrono::seconds(60));
    ASSERT_TRUE(answer) << answer.error().message
                        << "; is python3-botocore installed? scripts/setup does that";
    const base::Json theirs = *base::parse_json(*answer, "oracle");

    std::vector<std::string> variables;
    for (const auto& [name, value] : asked["env"].items())
      variables.push_back(name + "=" + value.get<std::string>());
    const auto ours =
        aws_identity({.profile = asked["profile"].is_null() ? "" : asked["profile"].get<std::string>(),
                      .region = "us-east-1"},
                     Variables(variables), client)
            .get({});
    const std::string about = base::to_text(asked) + "\n" + dir.read("config") + dir.read("credentials") +
                              "botocore: " + base::to_text(theirs) +
                              "\nours: " + (ours ? ours->access_key : ours.error().message);
    ASSERT_EQ(ours.has_value(), theirs.is_array()) << about;
    if (!ours) continue;
    ++found;
    ASSERT_EQ(theirs, base::Json({ours->access_key, ours->secret_key, ours->session_token})) << about;
  }
  EXPECT_GT(found, count / 3);
}

}  // namespace
}  // namespace stillage::blob
