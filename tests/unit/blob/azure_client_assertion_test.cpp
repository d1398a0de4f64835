// SPDX-License-Identifier: MIT
#include "blob/azure_client_assertion.h"

#include <gmock/gmock.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/strings.h"
#include "support/certificates.h"
#include "support/temp_dir.h"

namespace stillage::blob {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string decoded(std::string_view text) {
  std::string padded = base::replace_all(base::replace_all(text, "-", "+"), "_", "/");
  while (padded.size() % 4 != 0) padded += '=';
  return base::from_base64(padded).value_or("");
}

class ClientAssertion : public ::testing::Test {
 protected:
  /// Makes key.pem, cert.pem and both.pem.
  void make(const std::vector<std::string>& new_key) {
    std::vector<std::string> argv{"openssl", "req",        "-x509",   "-nodes",  "-days", "2",
                                  "-subj",   "/CN=client", "-keyout", "key.pem", "-out",  "cert.pem"};
    argv.insert(argv.end(), new_key.begin(), new_key.end());
    test::must_run(argv, dir_.path());
    dir_.write("both.pem", dir_.read("key.pem") + dir_.read("cert.pem"));
  }
  net::Outcome<std::string> assertion(const std::string& file, const std::string& password = "",
                                      bool send_chain = false) {
    return client_assertion({.path = dir_ / file, .password = password, .send_chain = send_chain},
                            "the-client", "https://login/t/oauth2/v2.0/token",
                            WallTime(std::chrono::seconds(1'800'000'000)));
  }
  std::string message(const std::string& file, const std::string& password = "") {
    const auto made = assertion(file, password);
    return made ? "made" : made.error().message;
  }
  void expect_signed(const std::string& assertion) {
    const auto parts = base::split(assertion, '.');
    ASSERT_EQ(parts.size(), 3U);
    dir_.write("signature", decoded(parts[2]));
    dir_.write("text", std::string(parts[0]) + "." + std::string(parts[1]));
    test::must_run({"openssl", "x509", "-in", "cert.pem", "-noout", "-pubkey", "-out", "public.pem"},
                   dir_.path());
    EXPECT_EQ(test::must_run(
                  {"openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "text"},
                  dir_.path()),
              "Verified OK\n");
  }

  test::TempDir dir_;
};

TEST_F(ClientAssertion, IsSignedAndNamesItsCertificate) {
  make({"-newkey", "rsa:2048"});
  const auto made = assertion("both.pem", "", true);
  ASSERT_TRUE(made) << made.error().message;
  expect_signed(*made);
  const auto parts = base::split(*made, '.');
  const auto header = *base::parse_json(decoded(parts[0]), "header");
  test::must_run({"openssl", "x509", "-in", "cert.pem", "-outform", "DER", "-out", "cert.der"}, dir_.path());
  const std::string der = dir_.read("cert.der");
  const auto sha1 = base::sha1(der);
  const auto sha256 = base::sha256(der);
  EXPECT_EQ(header["alg"], "RS256");
  EXPECT_EQ(header["x5t"], base::to_base64url({reinterpret_cast<const char*>(sha1.data()), sha1.size()}));
  EXPECT_EQ(header["x5t#S256"],
            base::to_base64url({reinterpret_cast<const char*>(sha256.data()), sha256.size()}));
  EXPECT_EQ(header["x5c"], base::Json::array({base::to_base64(der)}));
  const auto claims = *base::parse_json(decoded(parts[1]), "claims");
  EXPECT_EQ(claims["aud"], "https://login/t/oauth2/v2.0/token");
  EXPECT_EQ(claims["iss"], "the-client");
  EXPECT_EQ(claims["sub"], "the-client");
  EXPECT_EQ(claims["nbf"], 1'800'000'000);
  EXPECT_EQ(claims["exp"], 1'800'000'600);
  // No two are the same.
  EXPECT_NE(*made, *assertion("both.pem", "", true));
}

TEST_F(ClientAssertion, TakesKeysThatNeedAPassword) {
  make({"-newkey", "rsa:2048"});
  test::must_run({"openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-passout",
                  "pass:hunter2-hunter2", "-out", "both.pfx"},
                 dir_.path());
  test::must_run({"openssl", "pkcs8", "-topk8", "-in", "key.pem", "-passout", "pass:hunter2-hunter2", "-out",
                  "secret.pem"},
                 dir_.path());
  dir_.write("protected.pem", dir_.read("cert.pem") + dir_.read("secret.pem"));
  for (const char* const file : {"both.pfx", "protected.pem"}) {
    const auto made = assertion(file, "hunter2-hunter2");
    ASSERT_TRUE(made) << made.error().message;
    expect_signed(*made);
    // Nor is anybody asked for it.
    for (const char* const wrong : {"", "wr0ng-wr0ng"})
      EXPECT_THAT(message(file, wrong), AllOf(HasSubstr(file), HasSubstr("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
                                              Not(HasSubstr("wr0ng"))));
  }
}

TEST_F(ClientAssertion, SaysWhatIsWrongWithAFile) {
  make({"-newkey", "rsa:2048"});
  const std::string key = dir_.read("key.pem");
  EXPECT_THAT(message("nowhere.pem"),
              AllOf(HasSubstr("AZURE_CLIENT_CERTIFICATE_PATH"), HasSubstr("nowhere.pem")));
  EXPECT_THAT(message("cert.pem"), HasSubstr("no private key"));
  EXPECT_THAT(message("key.pem"), HasSubstr("no certificate that belongs"));
  dir_.write("garbage", std::string("\0\1\2\xff", 4));
  EXPECT_THAT(message("garbage"), HasSubstr("no private key"));
  make({"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"});
  EXPECT_THAT(message("both.pem"), HasSubstr("not RSA"));
  dir_.write("mixed.pem", key + dir_.read("cert.pem"));
  EXPECT_THAT(message("mixed.pem"), HasSubstr("no certificate that belongs"));
}

}  // namespace
}  // namespace stillage::blob
