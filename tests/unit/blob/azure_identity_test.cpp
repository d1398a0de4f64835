// SPDX-License-Identifier: MIT
// What each credential asks, and what its answers mean; the way through TLS to Azurite is in tests/contract.
#include "blob/azure_identity.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "blob/azure_identity_flows.h"
#include "support/answering_server.h"
#include "support/temp_dir.h"

namespace stillage::blob {
namespace {

using test::AnsweringServer;
using test::http_answer;
using test::HttpAsked;
using test::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kToken = R"({"token_type":"Bearer","expires_in":3599,"access_token":"t0ken"})";

/// The token of a credential, or its failure's message.
std::string token_of(const std::string& name, const std::vector<std::string>& variables,
                     net::FailureKind* kind = nullptr) {
  const auto tokens = azure_tokens(name, Variables(variables), std::make_shared<net::HttpClient>());
  if (!tokens) return "error: " + tokens.error().message;
  const auto token = tokens->get({});
  if (token) return *token;
  if (kind != nullptr) *kind = token.error().what;
  return "failure: " + token.error().message;
}

TEST(AzureCredentialName, UnknownOnesAreRefusedInTheWordsOfLage) {
  EXPECT_EQ(
      token_of("azure-clj", {"AZURE_IDENTITY_CREDENTIAL_NAME=azure-cli"}),
      "error: Invalid cacheStorageConfig.options.credentialName: \"azure-clj\". Allowed values: environment, "
      "workload-identity, managed-identity, visual-studio-code, azure-cli");
  EXPECT_EQ(
      token_of("", {"AZURE_IDENTITY_CREDENTIAL_NAME=x"}),
      "error: Invalid AZURE_IDENTITY_CREDENTIAL_NAME: \"x\". Allowed values: environment, workload-identity, "
      "managed-identity, visual-studio-code, azure-cli");
}

TEST(AzureCredentialName, WhatIsMissingIsSaidWhenATokenIsWanted) {
  net::FailureKind kind = net::FailureKind::transient;
  EXPECT_THAT(token_of("", {"AZURE_TENANT_ID=t"}, &kind),
              AllOf(HasSubstr("\"environment\" is not available: without AZURE_CLIENT_ID, and without"),
                    HasSubstr("AZURE_CLIENT_SECRET")));
  EXPECT_EQ(kind, net::FailureKind::unauthorised);
  EXPECT_THAT(token_of("workload-identity", {"AZURE_CLIENT_ID=c", "AZURE_FEDERATED_TOKEN_FILE="}, &kind),
              HasSubstr("without AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE"));
  EXPECT_THAT(token_of("visual-studio-code", {}, &kind),
              AllOf(HasSubstr("VisualStudioCodeCredential is available"), HasSubstr("azure-cli")));
  EXPECT_EQ(kind, net::FailureKind::unauthorised);
  EXPECT_THAT(
      token_of("managed-identity", {"IDENTITY_ENDPOINT=http://localhost", "IDENTITY_SERVER_THUMBPRINT=x"}),
      HasSubstr("Service Fabric"));
}

TEST(AzureCredentialName, NoSecretGoesWithoutTls) {
  const std::vector<std::string> base{"AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=c", "AZURE_CLIENT_SECRET=s3cret"};
  const auto with = [&base](const std::string& more) {
    std::vector<std::string> all = base;
    all.push_back(more);
    return token_of("environment", all);
  };
  EXPECT_THAT(with("AZURE_AUTHORITY_HOST=http://login.example"), HasSubstr("must be an https URL"));
  EXPECT_THAT(with("AZURE_AUTHORITY_HOST=http://169.254.1.1"), HasSubstr("must be an https URL"));
  EXPECT_THAT(with("AZURE_AUTHORITY_HOST=http://127.0.0.1.example.com"), HasSubstr("must be an https URL"));
  EXPECT_THAT(with("AZURE_AUTHORITY_HOST=ht!tp"), HasSubstr("no URL that can be used"));
  EXPECT_THAT(token_of("environment", {"AZURE_TENANT_ID=../x", "AZURE_CLIENT_ID=c", "AZURE_CLIENT_SECRET=s"}),
              HasSubstr("AZURE_TENANT_ID is neither"));
  EXPECT_THAT(token_of("managed-identity", {"AZURE_POD_IDENTITY_AUTHORITY_HOST=http://example.com"}),
              HasSubstr("must be an https URL"));
}

class AzureLogin : public ::testing::Test {
 protected:
  std::vector<std::string> with(std::vector<std::string> more) {
    std::vector<std::string> all{"AZURE_AUTHORITY_HOST=" + server_.url(), "AZURE_TENANT_ID=ten.ant",
                                 "AZURE_CLIENT_ID=the-client"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  HttpAsked only_question() {
    const auto asked = server_.asked();
    EXPECT_THAT(asked, SizeIs(1));
    return asked.empty() ? HttpAsked() : asked.front();
  }

  std::string answer_ = http_answer(200, kToken);
  AnsweringServer server_{[this](const HttpAsked&) { return answer_; }};
  TempDir dir_;
};

TEST_F(AzureLogin, AsksWithASecret) {
  EXPECT_EQ(token_of("", with({"AZURE_CLIENT_SECRET=a&b=c+ü", "AZURE_USERNAME=u", "AZURE_PASSWORD=p"})),
            "t0ken");
  const HttpAsked asked = only_question();
  EXPECT_EQ(asked.line(), "POST /ten.ant/oauth2/v2.0/token");
  EXPECT_THAT(asked.head, HasSubstr("Content-Type: application/x-www-form-urlencoded\r\n"));
  EXPECT_EQ(asked.body,
            "grant_type=client_credentials&client_secret=a%26b%3Dc%2B%C3%BC&client_id=the-client&"
            "scope=https%3A%2F%2Fstorage.azure.com%2F.default");
}

TEST_F(AzureLogin, AsksWithAPassword) {
  EXPECT_EQ(token_of("environment", with({"AZURE_USERNAME=me@team", "AZURE_PASSWORD=p w"})), "t0ken");
  EXPECT_EQ(only_question().body,
            "grant_type=password&username=me%40team&password=p%20w&client_id=the-client&"
            "scope=https%3A%2F%2Fstorage.azure.com%2F.default");
}

TEST_F(AzureLogin, AsksWithAFederatedToken) {
  dir_.write("token", "federated.token.value\n");
  EXPECT_EQ(token_of("workload-identity", with({"AZURE_FEDERATED_TOKEN_FILE=" + (dir_ / "token")})), "t0ken");
  EXPECT_THAT(
      only_question().body,
      AllOf(HasSubstr("client_assertion=federated.token.value"),
            HasSubstr("client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-"
                      "bearer")));
  // The managed identity of a pod is the same.
  EXPECT_EQ(token_of("managed-identity", with({"AZURE_FEDERATED_TOKEN_FILE=" + (dir_ / "token")})), "t0ken");
  EXPECT_THAT(token_of("workload-identity", with({"AZURE_FEDERATED_TOKEN_FILE=" + (dir_ / "none")})),
              HasSubstr("AZURE_FEDERATED_TOKEN_FILE"));
  dir_.write("empty", " \n");
  EXPECT_THAT(token_of("workload-identity", with({"AZURE_FEDERATED_TOKEN_FILE=" + (dir_ / "empty")})),
              HasSubstr("holds no token"));
}

TEST_F(AzureLogin, ARefusalNamesTheCodeAndNoSecret) {
  answer_ = http_answer(401, R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid secret)"
                             R"( hunter2-hunter2.\r\nTrace ID: 1"})");
  net::FailureKind kind = net::FailureKind::transient;
  const std::string message = token_of("", with({"AZURE_CLIENT_SECRET=hunter2-hunter2"}), &kind);
  EXPECT_EQ(kind, net::FailureKind::unauthorised);
  EXPECT_THAT(message, AllOf(HasSubstr("(invalid_client: AADSTS7000215: Invalid secret <secret>.)"),
                             Not(HasSubstr("hunter2")), Not(HasSubstr("Trace"))));
}

TEST_F(AzureLogin, AnswersThatMakeNoSenseAreFailures) {
  for (const char* const body :
       {"", "{}", "[]", "null", "<html>", R"({"access_token":7})", R"({"access_token":""})",
        R"({"access_token":"a b"})", R"({"access_token":"a\r\nX: y"})", R"({"access_token":["t0ken"]})"}) {
    answer_ = http_answer(200, body);
    net::FailureKind kind = net::FailureKind::transient;
    EXPECT_THAT(token_of("", with({"AZURE_CLIENT_SECRET=s"}), &kind), HasSubstr("holds none")) << body;
    EXPECT_EQ(kind, net::FailureKind::protocol);
  }
  for (const char* const body :
       {R"({"access_token":"t0ken","expires_in":-5})", R"({"access_token":"t0ken","expires_in":"soon"})",
        R"({"access_token":"t0ken","expires_in":1e99,"expires_on":"1/1/2020"})"}) {
    answer_ = http_answer(200, body);
    EXPECT_EQ(token_of("", with({"AZURE_CLIENT_SECRET=s"})), "t0ken") << body;
  }
  answer_ = http_answer(200, R"({"access_token":"t0ken","expires_on":"100"})");
  EXPECT_THAT(token_of("", with({"AZURE_CLIENT_SECRET=s"})), HasSubstr("clock"));
}

TEST_F(AzureLogin, ABigAnswerIsNotKept) {
  answer_ = http_answer(200, std::string(2 << 20, ' '));
  EXPECT_THAT(token_of("", with({"AZURE_CLIENT_SECRET=s"})), StartsWith("failure:"));
}

TEST_F(AzureLogin, TheIdentityOfAMachine) {
  answer_ = http_answer(200, R"({"access_token":"t0ken","expires_in":"3599","expires_on":"4102444800"})");
  // A proxy must not be asked who we are.
  ::setenv("no_proxy", "", 1);
  ::setenv("http_proxy", "http://127.0.0.1:9", 1);
  EXPECT_EQ(token_of("managed-identity",
                     {"AZURE_POD_IDENTITY_AUTHORITY_HOST=" + server_.url(), "AZURE_CLIENT_ID=mine"}),
            "t0ken");
  ::unsetenv("http_proxy");
  const HttpAsked asked = only_question();
  EXPECT_EQ(
      asked.line(),
      "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com&"
      "client_id=mine");
  EXPECT_THAT(asked.head, HasSubstr("Metadata: true\r\n"));
}

TEST_F(AzureLogin, TheIdentityOfAnApp) {
  answer_ = http_answer(200, R"({"access_token":"t0ken","expires_on":"4102444800"})");
  EXPECT_EQ(token_of("managed-identity",
                     {"IDENTITY_ENDPOINT=" + server_.url() + "/msi/token", "IDENTITY_HEADER=header-secret"}),
            "t0ken");
  const HttpAsked asked = only_question();
  EXPECT_EQ(asked.line(), "GET /msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com");
  EXPECT_THAT(asked.head, HasSubstr("X-IDENTITY-HEADER: header-secret\r\n"));
  answer_ = http_answer(400, R"({"error":"no","error_description":"header-secret is wrong"})");
  EXPECT_THAT(
      token_of("managed-identity", {"IDENTITY_ENDPOINT=" + server_.url(), "IDENTITY_HEADER=header-secret"}),
      AllOf(HasSubstr("(no: <secret> is wrong)"), HasSubstr("AZURE_CLIENT_ID")));
}

/// The agent of a machine that Azure Arc has: it wants to see a key that lies in a file of its own.
class AzureArc : public ::testing::Test {
 protected:
  AzureArc() { dir_.write("tokens/1.key", "the-agents-key"); }

  std::string token() {
    const std::vector<std::string> variables{"IDENTITY_ENDPOINT=" + agent_.url() + "/token",
                                             "IMDS_ENDPOINT=x"};
    const auto flow = arc_flow(Variables(variables), std::make_shared<net::HttpClient>(), dir_ / "tokens");
    if (!flow) return "error: " + flow.error().message;
    const auto token = (*flow)({});
    return token ? token->value : "failure: " + token.error().message;
  }

  TempDir dir_;
  std::string challenge_ = "Basic realm=" + (dir_ / "tokens/1.key");
  AnsweringServer agent_{[this](const HttpAsked& asked) {
    if (asked.head.find("Authorization: Basic the-agents-key\r\n") != std::string::npos)
      return http_answer(200, kToken);
    return "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: " + challenge_ + "\r\nContent-Length: 0\r\n\r\n";
  }};
};

TEST_F(AzureArc, AsksOnceMoreWithTheAgentsKey) {
  EXPECT_EQ(token(), "t0ken");
  const auto asked = agent_.asked();
  ASSERT_THAT(asked, SizeIs(2));
  for (const HttpAsked& question : asked) {
    EXPECT_EQ(question.line(), "GET /token?api-version=2019-11-01&resource=https%3A%2F%2Fstorage.azure.com");
    EXPECT_THAT(question.head, HasSubstr("Metadata: true\r\n"));
  }
  EXPECT_THAT(asked.front().head, Not(HasSubstr("Authorization")));
}

TEST_F(AzureArc, NoOtherFileIsReadForWhoeverAnswers) {
  dir_.write("other.key", "a secret of somebody else");
  dir_.write("tokens/notes", "not a key");
  dir_.write("tokens/large.key", std::string(5000, 'x'));
  dir_.symlink("tokens/link.key", dir_ / "other.key");
  for (const std::string& file :
       {dir_ / "other.key", dir_ / "tokens/../other.key", dir_ / "tokens/notes", dir_ / "tokens/large.key",
        dir_ / "tokens/link.key", dir_ / "tokens/missing.key", std::string("/etc/passwd"), std::string()}) {
    challenge_ = "Basic realm=" + file;
    const std::string told = token();
    EXPECT_THAT(told, AllOf(StartsWith("failure: "), HasSubstr("Azure Arc"), Not(HasSubstr("a secret of"))))
        << file;
  }
  challenge_ = "Bearer realm=" + (dir_ / "tokens/1.key");
  EXPECT_THAT(token(), HasSubstr("names no key file"));
  for (const HttpAsked& asked : agent_.asked()) EXPECT_THAT(asked.head, Not(HasSubstr("Authorization")));
}

/// A folder with a program `az` that does what `script` says.
std::vector<std::string> with_az(const TempDir& dir, const std::string& script) {
  dir.write("bin/az", "#!/bin/sh\n" + script + "\n", 0755);
  return {"PATH=" + (dir / "bin") + ":/usr/bin:/bin", "HOME=" + dir.path()};
}

TEST(AzureCli, GivesTheTokenOfALogin) {
  const TempDir dir;
  const std::string script = R"(echo "$@" > ")" + (dir / "asked") + R"("
echo '{"accessToken": "t0ken", "expiresOn": "2099-01-01 10:00:00.000000", "tokenType": "Bearer"}')";
  EXPECT_EQ(token_of("azure-cli", with_az(dir, script)), "t0ken");
  EXPECT_EQ(dir.read("asked"),
            "account get-access-token --output json --resource https://storage.azure.com\n");
  EXPECT_EQ(
      token_of("azure-cli", with_az(dir, R"(echo '{"accessToken": "t0ken", "expires_on": 4070908800}')")),
      "t0ken");
}

TEST(AzureCli, FailuresAreToldInOurOwnWords) {
  const TempDir dir;
  EXPECT_THAT(token_of("azure-cli", {"PATH=" + (dir / "nothing")}), HasSubstr("install the Azure CLI"));
  EXPECT_THAT(
      token_of("azure-cli", with_az(dir, "echo \"s3cret AADSTS700082: \\033[31mexpired\" >&2; exit 1")),
      AllOf(HasSubstr("fails (AADSTS700082); run `az login`"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(token_of("azure-cli", with_az(dir, "echo s3cret")),
              AllOf(HasSubstr("prints no token"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(token_of("azure-cli", with_az(dir, R"(echo '{"accessToken": "t0ken", "expires_on": 100}')")),
              AllOf(HasSubstr("az login"), Not(HasSubstr("t0ken"))));
  EXPECT_THAT(token_of("azure-cli", with_az(dir, "head -c 3000000 /dev/zero")), HasSubstr("says more than"));
}

}  // namespace
}  // namespace stillage::blob
