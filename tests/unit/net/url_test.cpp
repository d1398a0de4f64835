// SPDX-License-Identifier: MIT
#include "net/url.h"

#include <gmock/gmock.h>

#include "net/percent.h"

namespace stillage::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Url url(std::string_view text) {
  auto parsed = Url::parse(text);
  EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error().message);
  return parsed ? *parsed : *Url::parse("http://unparsed");
}

TEST(Url, IsTakenApart) {
  const Url all = url("HTTPS://me:p%40ss@Cache.Example.COM:8443/a/b%20c?x=1&y=%26#fragment");
  EXPECT_EQ(all.scheme(), "https");
  EXPECT_EQ(all.host(), "cache.example.com");
  EXPECT_EQ(all.port(), 8443);
  EXPECT_EQ(all.path(), "/a/b%20c");
  EXPECT_EQ(all.query(), "x=1&y=%26");
  ASSERT_TRUE(all.user_info());
  EXPECT_EQ(all.user_info()->user, "me");
  EXPECT_EQ(all.user_info()->password, "p@ss");
  EXPECT_TRUE(all.is_https());
}

TEST(Url, HasDefaults) {
  const Url bare = url("http://host");
  EXPECT_EQ(bare.port(), 80);
  EXPECT_EQ(bare.path(), "/");
  EXPECT_EQ(bare.query(), "");
  EXPECT_FALSE(bare.user_info());
  EXPECT_EQ(url("https://host").port(), 443);
  EXPECT_EQ(url("rediss://host").port(), 6379);
  EXPECT_EQ(url("http://host:/x").port(), 80);
}

TEST(Url, KnowsIpAddresses) {
  EXPECT_EQ(url("http://127.0.0.1:10000/devstoreaccount1").host(), "127.0.0.1");
  const Url six = url("http://[::1]:8080/x");
  EXPECT_EQ(six.host(), "[::1]");
  EXPECT_EQ(six.port(), 8080);
  EXPECT_EQ(url("http://[::1]/x").port(), 80);
}

TEST(Url, RefusesWhatIsNone) {
  for (const char* const text : {"",
                                 "host",
                                 "/path",
                                 "://host",
                                 "http://",
                                 "http:///path",
                                 "http://host:0",
                                 "http://host:65536",
                                 "http://host:1x",
                                 "http://ho st",
                                 "http://host/a b",
                                 "http://host/\x01",
                                 "http://host/%4",
                                 "http://host/%zz",
                                 "http://host/<>",
                                 "http://h\xc3\xa4st/",
                                 "http://host\r\nX: y/",
                                 "http://[::1",
                                 "http://[]/",
                                 "h ttp://x",
                                 "http://a:b:c/",
                                 "http://user:%zz@host",
                                 "http://host/a\\b"})
    EXPECT_FALSE(Url::parse(text)) << text;
}

TEST(Url, ErrorsNeverShowTheText) {
  const auto bad = Url::parse("http://me:hunter2@host:port/x");
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, Not(HasSubstr("hunter2")));
}

TEST(Url, TextsNeverShowUserInfoNorQuery) {
  const Url secret = url("https://me:hunter2@host/path?sig=abcdef");
  EXPECT_EQ(secret.display(), "https://host/path?...");
  EXPECT_EQ(secret.to_string(), "https://host/path?sig=abcdef");
  EXPECT_EQ(secret.origin(), "https://host");
  EXPECT_EQ(secret.target(), "/path?sig=abcdef");
}

TEST(Url, DropsTheUsualPortAndDots) {
  EXPECT_EQ(url("https://host:443/a/./b/../c").to_string(), "https://host/a/c");
  EXPECT_EQ(url("http://host:443/").to_string(), "http://host:443/");
  EXPECT_EQ(url("http://host/../../x").path(), "/x");
  EXPECT_EQ(url("http://host/a/..").path(), "/");
  EXPECT_EQ(url("http://host/a/b/.").path(), "/a/b/");
  EXPECT_EQ(url("http://host/a//b").path(), "/a//b");
}

TEST(Url, GrowsBelow) {
  EXPECT_EQ(url("http://host").below("a/b c").to_string(), "http://host/a/b%20c");
  EXPECT_EQ(url("http://host/base/").below("k").to_string(), "http://host/base/k");
  EXPECT_EQ(url("http://host/base?x=1").below("k").to_string(), "http://host/base/k?x=1");
  EXPECT_EQ(url("http://host/p").with_parameter("a b", "c&d").with_parameter("e", "").to_string(),
            "http://host/p?a%20b=c%26d&e=");
  EXPECT_EQ(url("http://host/p?old").with_query("new=1").to_string(), "http://host/p?new=1");
}

// RFC 3986 section 5.4, as far as it does not go to other schemes.
TEST(Url, ResolvesReferences) {
  const Url from = url("http://a/b/c/d;p?q");
  for (const auto& [reference, want] : std::vector<std::pair<std::string, std::string>>{
           {"g", "http://a/b/c/g"},      {"./g", "http://a/b/c/g"},     {"g/", "http://a/b/c/g/"},
           {"/g", "http://a/g"},         {"//g", "http://g/"},          {"?y", "http://a/b/c/d;p?y"},
           {"g?y", "http://a/b/c/g?y"},  {"#s", "http://a/b/c/d;p?q"},  {"g#s", "http://a/b/c/g"},
           {";x", "http://a/b/c/;x"},    {"", "http://a/b/c/d;p?q"},    {".", "http://a/b/c/"},
           {"./", "http://a/b/c/"},      {"..", "http://a/b/"},         {"../g", "http://a/b/g"},
           {"../..", "http://a/"},       {"../../g", "http://a/g"},     {"../../../g", "http://a/g"},
           {"/./g", "http://a/g"},       {"/../g", "http://a/g"},       {"g.", "http://a/b/c/g."},
           {"..g", "http://a/b/c/..g"},  {"./../g", "http://a/b/g"},    {"g/./h", "http://a/b/c/g/h"},
           {"g/../h", "http://a/b/c/h"}, {"https://x/y", "https://x/y"}}) {
    const auto found = from.resolve(reference);
    ASSERT_TRUE(found) << reference;
    EXPECT_EQ(found->to_string(), want) << reference;
  }
  EXPECT_FALSE(from.resolve("a b"));
  EXPECT_FALSE(from.resolve("mailto:me"));
}

TEST(Url, CredentialsStayWithTheirOrigin) {
  const Url from = url("https://me:pw@host/a");
  EXPECT_TRUE(from.resolve("/b")->user_info());
  EXPECT_TRUE(from.resolve("https://host:443/b")->user_info());
  EXPECT_FALSE(from.resolve("https://other/b")->user_info());
  EXPECT_FALSE(from.resolve("http://host/b")->user_info());
  EXPECT_FALSE(from.resolve("https://host:444/b")->user_info());
}

TEST(Percent, EncodesAndDecodes) {
  EXPECT_EQ(percent_encode("aZ09-._~ /%\n\xc3\xa4"), "aZ09-._~%20%2F%25%0A%C3%A4");
  EXPECT_EQ(percent_encode_path("a b/c"), "a%20b/c");
  EXPECT_EQ(percent_decode("a%20b%2fc+"), "a b/c+");
  EXPECT_EQ(percent_decode("%"), std::nullopt);
  EXPECT_EQ(percent_decode("%2"), std::nullopt);
  EXPECT_EQ(percent_decode("%2x"), std::nullopt);
  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode(every)), every);
}

}  // namespace
}  // namespace stillage::net
