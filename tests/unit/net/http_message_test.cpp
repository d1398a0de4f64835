// SPDX-License-Identifier: MIT
#include "net/http_message.h"

#include <gmock/gmock.h>

#include <ctime>
#include <map>

#include "net/http_client.h"

namespace stillage::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

HttpRequest request(std::string_view url = "https://host/key") {
  return HttpRequest("GET", *Url::parse(url));
}

Failure answered(int status, std::string body = "", std::string retry_after = "") {
  HttpResponse response;
  response.status = status;
  response.error_body = std::move(body);
  if (!retry_after.empty()) response.headers.add("retry-after", retry_after);
  return failure_of(request(), response);
}

TEST(FailureOf, SaysWhatAStatusMeans) {
  const std::vector<std::pair<int, FailureKind>> meanings{
      {302, FailureKind::protocol},     {400, FailureKind::protocol},  {401, FailureKind::unauthorised},
      {403, FailureKind::unauthorised}, {404, FailureKind::not_found}, {405, FailureKind::unsupported},
      {407, FailureKind::unauthorised}, {408, FailureKind::transient}, {409, FailureKind::conflict},
      {410, FailureKind::not_found},    {412, FailureKind::conflict},  {413, FailureKind::too_large},
      {425, FailureKind::transient},    {429, FailureKind::transient}, {500, FailureKind::transient},
      {501, FailureKind::unsupported},  {502, FailureKind::transient}, {503, FailureKind::transient},
      {504, FailureKind::transient},    {505, FailureKind::protocol},  {507, FailureKind::protocol}};
  for (const auto& [status, kind] : meanings) {
    const Failure failure = answered(status);
    EXPECT_EQ(failure.what, kind) << status;
    EXPECT_EQ(failure.http_status, status);
    EXPECT_THAT(failure.message, HasSubstr("GET https://host/key answers " + std::to_string(status)));
  }
}

TEST(FailureOf, TellsHowLongToWait) {
  EXPECT_EQ(answered(503, "", "7").retry_after, milliseconds(7000));
  EXPECT_EQ(answered(429).retry_after, std::nullopt);
}

TEST(FailureOf, ShowsAShortWordOfTheServerButNoPage) {
  EXPECT_THAT(answered(400, "no such bucket\nmore").message, HasSubstr("(it says: no such bucket)"));
  EXPECT_THAT(answered(400, "<html>page</html>").message, Not(HasSubstr("page")));
  EXPECT_THAT(answered(400, "\x1b[31mred").message, Not(HasSubstr("\x1b")));
  EXPECT_LT(answered(400, std::string(10'000, 'x')).message.size(), 400U);
}

TEST(FailureOf, KeepsSecrets) {
  HttpRequest secret("GET",
                     *Url::parse("https://me:hunter22@host/key?sig=abcdefghij0123456789&restype=container"));
  secret.headers.add_secret("Authorization", "Bearer sekret-token");
  secret.headers.add("X-Plain", "plain");
  HttpResponse response;
  response.status = 403;
  response.error_body = "who is hunter22 with sekret-token and abcdefghij0123456789, in plain?";
  EXPECT_THAT(failure_of(secret, response).message,
              AllOf(HasSubstr("it says: who is <secret> with <secret> and <secret>, in plain?"),
                    Not(HasSubstr("sekret")), Not(HasSubstr("hunter")), Not(HasSubstr("abcdef"))));
}

TEST(FailureOf, ShortTokensOfTheQueryAreSecretToo) {
  const HttpRequest request("GET", *Url::parse("https://host/key?token=abcd-efgh&comp=block&sekret-alone"));
  HttpResponse response;
  response.status = 401;
  response.error_body = "no abcd-efgh, no sekret-alone, but a block";
  EXPECT_THAT(failure_of(request, response).message, HasSubstr("no <secret>, no <secret>, but a block"));
}

TEST(FailureOf, APasswordIsSecretAlsoWhereItTravelsInBase64) {
  HttpRequest request("GET", *Url::parse("https://host/key"));
  request.headers.add_secret("Authorization", "Basic dXNlcjpzZWtyZXQ6d29yZA==");
  HttpResponse response;
  response.status = 401;
  response.error_body = "user:sekret:word is not known";
  EXPECT_THAT(failure_of(request, response).message, HasSubstr("user:<secret> is not known"));
}

TEST(PlainWord, IsNothingThatMayHoldMore) {
  EXPECT_EQ(plain_word("BlobNotFound"), "BlobNotFound");
  EXPECT_EQ(plain_word("InvalidHeaderValue.2_x"), "InvalidHeaderValue.2_x");
  for (const std::string& text : {std::string(), std::string("two words"), std::string("a=b"),
                                  std::string("%41"), std::string(65, 'a')})
    EXPECT_EQ(plain_word(text), "");
}

TEST(Redact, LeavesNothingOfASecretWithinAnother) {
  EXPECT_EQ(redact("a token-long b token", {"token", "token-long", ""}), "a <secret> b <secret>");
}

TEST(HttpDate, AllThreeForms) {
  const std::chrono::sys_seconds wanted(seconds(784111777));
  for (const char* const text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"})
    EXPECT_EQ(parse_http_date(text), wanted) << text;
  for (const char* const text : {"", "now", "99 Foo 1994"})
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(parse_retry_after("0"), milliseconds(0));
  EXPECT_EQ(parse_retry_after(" 120 "), seconds(120));
  EXPECT_EQ(parse_retry_after("99999999999999999999"), std::chrono::hours(1));
  EXPECT_EQ(parse_retry_after("86400"), std::chrono::hours(1));
  EXPECT_EQ(parse_retry_after(""), std::nullopt);
  EXPECT_EQ(parse_retry_after("soon"), std::nullopt);
  EXPECT_EQ(parse_retry_after("-5"), std::nullopt);
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), milliseconds(0));
  const std::time_t later = std::time(nullptr) + 100;
  char date[64];
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&later));
  const auto wait = parse_retry_after(date);
  ASSERT_TRUE(wait);
  EXPECT_GE(*wait, seconds(95));
  EXPECT_LE(*wait, seconds(101));
}

TEST(HeaderFields, MustNotStartAnother) {
  EXPECT_TRUE(is_valid_header("X-Name", "a value\twith \xc3\xa4"));
  EXPECT_FALSE(is_valid_header("X-Name", "a\r\nX-Other: b"));
  EXPECT_FALSE(is_valid_header("X-Name", std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_valid_header("X Name", ""));
  EXPECT_FALSE(is_valid_header("X-Name:", ""));
  EXPECT_FALSE(is_valid_header("", "a"));
}

TEST(Authorities, ComeFromTheEnvironment) {
  const auto with = [](std::map<std::string, std::string> variables) {
    return ca_from_environment([variables](const char* name) -> const char* {
      const auto found = variables.find(name);
      return found == variables.end() ? nullptr : found->second.c_str();
    });
  };
  EXPECT_EQ(with({}), CaPaths());
  EXPECT_EQ(with({{"CURL_CA_BUNDLE", "a"}, {"SSL_CERT_FILE", "b"}}), (CaPaths{"a", ""}));
  EXPECT_EQ(with({{"SSL_CERT_FILE", "b"}, {"SSL_CERT_DIR", "c"}, {"NODE_EXTRA_CA_CERTS", "d"}}),
            (CaPaths{"b", "c"}));
  EXPECT_EQ(with({{"NODE_EXTRA_CA_CERTS", "d"}, {"SSL_CERT_FILE", ""}}), (CaPaths{"d", ""}));
}

TEST(Failures, BecomeErrorsAndBack) {
  const Failure from_error(Error{ErrorKind::unsupported, "no"});
  EXPECT_EQ(from_error.what, FailureKind::unsupported);
  EXPECT_EQ(Failure(Error{ErrorKind::io, "no"}).what, FailureKind::local);
  EXPECT_EQ(Failure(Error{ErrorKind::cancelled, "no"}).what, FailureKind::cancelled);
  const auto as_result = []() -> Result<int> {
    STILLAGE_TRY([]() -> Outcome<void> { return failure(FailureKind::unauthorised, "no"); }());
    return 1;
  }();
  ASSERT_FALSE(as_result);
  EXPECT_EQ(as_result.error().kind, ErrorKind::auth);
}

}  // namespace
}  // namespace stillage::net
