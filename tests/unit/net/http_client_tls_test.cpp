// SPDX-License-Identifier: MIT
// Whom the client trusts, who it says it is, and through whom it speaks.
#include "client_fixture.h"
#include "support/log_recorder.h"
#include "support/nginx.h"
#include "support/scripted_server.h"

namespace stillage::net {
namespace {

using test::Connection;
using test::http_answer;
using test::Nginx;
using test::ScriptedServer;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Tls : public Client {
 protected:
  static std::unique_ptr<HttpClient> trusting(const Nginx& nginx) {
    HttpClientOptions options;
    options.tls.ca_file = nginx.ca_file();
    return std::make_unique<HttpClient>(options);
  }
};

TEST_F(Tls, SpeaksHttp2WithWhomWeTrust) {
  const Nginx nginx({.tls = true});
  const auto client = trusting(nginx);
  const std::string bytes = pattern(2'000'000);
  MemorySource source(bytes);
  HttpRequest put = request(nginx.url() + "/key", "PUT");
  put.body = &source;
  const auto stored = client->perform(put, sink_);
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(stored->status, 201);
  ASSERT_TRUE(client->perform(request(nginx.url() + "/key"), sink_));
  EXPECT_EQ(sink_.bytes(), bytes);
  EXPECT_THAT(nginx.access_log(2), HasSubstr("HTTP/2"));
}

TEST_F(Tls, AnUnknownAuthorityIsNotTrustedUnlessAskedForByName) {
  const Nginx nginx({.tls = true});
  const Failure failure = failure_of(request(nginx.url() + "/key"));
  EXPECT_EQ(failure.what, FailureKind::protocol);
  EXPECT_EQ(failure.kind, ErrorKind::auth);
  EXPECT_THAT(failure.message, HasSubstr("SSL_CERT_FILE"));
  EXPECT_EQ(nginx.access_log(0), "");

  const test::LogRecorder log;
  HttpClientOptions options;
  options.tls.verification = TlsVerification::off;
  HttpClient careless(options);
  EXPECT_THAT(log.warnings(), ::testing::ElementsAre(HasSubstr("not verified")));
  const auto answer = careless.perform(request(nginx.url() + "/key"), sink_);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 404);
}

TEST_F(Tls, AuthoritiesFromTheEnvironmentAreTrusted) {
  const Nginx nginx({.tls = true});
  for (const char* const name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"}) ::unsetenv(name);
  ::setenv("NODE_EXTRA_CA_CERTS", nginx.ca_file().c_str(), 1);
  HttpClient client;
  const auto answer = client.perform(request(nginx.url() + "/key"), sink_);
  ::unsetenv("NODE_EXTRA_CA_CERTS");
  ASSERT_TRUE(answer) << answer.error().message;
}

TEST_F(Tls, ClientCertificates) {
  const Nginx nginx({.tls = true, .client_certificates = true});
  const auto unknown = trusting(nginx)->perform(request(nginx.url() + "/key"), sink_);
  EXPECT_TRUE(!unknown || unknown->status == 400);
  HttpClientOptions options;
  options.tls.ca_file = nginx.ca_file();
  options.tls.client_certificate = nginx.client_certificate();
  options.tls.client_key = nginx.client_key();
  HttpClient known(options);
  const auto answer = known.perform(request(nginx.url() + "/key"), sink_);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 404);
}

TEST_F(Client, ProxiesComeFromTheEnvironment) {
  std::string head;
  ScriptedServer proxy([&head](Connection& c) {
    head = c.read_head();
    c.send(http_answer(200, "through the proxy"));
  });
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  const auto answer = perform(request("http://cache.invalid/key"));
  ::unsetenv("http_proxy");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(head, StartsWith("GET http://cache.invalid/key HTTP/1.1\r\n"));
}

}  // namespace
}  // namespace stillage::net
