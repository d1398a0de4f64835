// SPDX-License-Identifier: MIT
#include "blob/azure_account.h"

#include <gmock/gmock.h>

#include "base/hex.h"
#include "blob/xml_scan.h"

namespace stillage::blob {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

AzureAccount account_of(std::string_view text) {
  auto account = parse_connection_string(text);
  EXPECT_TRUE(account) << text << ": " << (account ? "" : account.error().message);
  return account ? *account : AzureAccount{.endpoint = *net::Url::parse("http://unparsed"), .name = ""};
}

TEST(ConnectionString, OfAnAccountKey) {
  const AzureAccount usual = account_of(
      "DefaultEndpointsProtocol=https;AccountName=team;AccountKey=c2VjcmV0IQ==;EndpointSuffix=core.windows."
      "net");
  EXPECT_EQ(usual.endpoint.to_string(), "https://team.blob.core.windows.net/");
  EXPECT_EQ(usual.name, "team");
  EXPECT_EQ(usual.key, "secret!");
  EXPECT_EQ(account_of("AccountName=team;AccountKey=c2VjcmV0IQ==").endpoint.host(),
            "team.blob.core.windows.net");
  EXPECT_EQ(account_of(" accountname=team ; ACCOUNTKEY=c2VjcmV0IQ== ;EndpointSuffix=core.chinacloudapi.cn;")
                .endpoint.host(),
            "team.blob.core.chinacloudapi.cn");
  const AzureAccount emulator = account_of("UseDevelopmentStorage=true");
  EXPECT_EQ(emulator.endpoint.to_string(), "http://127.0.0.1:10000/devstoreaccount1");
  EXPECT_EQ(emulator.name, "devstoreaccount1");
  EXPECT_EQ(emulator.key.size(), 64U);
}

TEST(ConnectionString, OfASharedAccessSignature) {
  const AzureAccount account = account_of(
      "BlobEndpoint=https://team.blob.core.windows.net/;SharedAccessSignature=?sv=2020&sig=a%2Bb%3D");
  EXPECT_EQ(account.name, "team");
  EXPECT_EQ(account.sas, "sv=2020&sig=a%2Bb%3D");
  EXPECT_EQ(account.key, "");
}

TEST(ConnectionString, ErrorsSayWhatIsMissingAndShowNothing) {
  for (const char* const text :
       {"", "hunter2", "AccountName=team", "AccountKey=aHVudGVyMg==", "AccountName=team;AccountKey=hunter2!",
        "AccountName=te am;AccountKey=aHVudGVyMg==", "BlobEndpoint=hunter2;AccountKey=aHVudGVyMg==",
        "SharedAccessSignature=sig=hunter2"}) {
    const auto account = parse_connection_string(text);
    ASSERT_FALSE(account) << text;
    EXPECT_THAT(account.error().message, AllOf(HasSubstr("the Azure connection string"),
                                               Not(HasSubstr("hunter2")), Not(HasSubstr("aHVu"))));
  }
}

TEST(SharedKey, SignsEveryPartOfARequest) {
  net::HttpRequest put(
      "PUT",
      net::Url::parse("https://team.blob.core.windows.net/cache/a%20b?comp=block&BlockId=x%3D%3D").value());
  net::MemorySource body("12345");
  put.body = &body;
  put.headers.add("Content-Type", "text/plain");
  put.headers.add("If-None-Match", "*");
  put.headers.add("x-ms-version", "2025-05-05");
  put.headers.add("X-MS-Date", "Sun, 22 Nov 2026 10:00:00 GMT");
  EXPECT_EQ(shared_key_text(put, "team"),
            "PUT\n\n\n5\n\ntext/plain\n\n\n\n*\n\n\nx-ms-date:Sun, 22 Nov 2026 10:00:00 "
            "GMT\nx-ms-version:2025-05-05\n"
            "/team/cache/a%20b\nblockid:x==\ncomp:block");
  net::HttpRequest get("GET", *net::Url::parse("http://127.0.0.1:10000/team/cache/key"));
  get.range = net::ByteRange{10, 5};
  EXPECT_EQ(shared_key_text(get, "team"), "GET\n\n\n\n\n\n\n\n\n\n\nbytes=10-14\n/team/team/cache/key");
}

TEST(SharedKey, ATokenNeverLeavesWithoutTls) {
  AzureAccount account{.endpoint = *net::Url::parse("http://host"), .name = "team"};
  account.tokens.get = [](std::stop_token) -> net::Outcome<std::string> { return std::string("t0ken"); };
  net::HttpRequest request("GET", account.endpoint);
  EXPECT_FALSE(authorise(request, account, {}));
  EXPECT_FALSE(request.headers.find("Authorization"));
}

TEST(XmlScan, FindsElements) {
  const std::string_view xml = "<a><b>1</b><c>x</c><b>2</b><b>open";
  EXPECT_THAT(xml_elements(xml, "b"), ElementsAre("1", "2"));
  EXPECT_EQ(xml_element(xml, "c"), "x");
  EXPECT_EQ(xml_element(xml, "d"), std::nullopt);
  EXPECT_EQ(xml_element("</a><a>", "a"), std::nullopt);
  EXPECT_EQ(xml_text("a&amp;b&lt;&gt;&quot;&apos;&#65;&#x42;"), "a&b<>\"'AB");
  EXPECT_EQ(xml_text("&none;&&#999;&#0;&#xzz;&"), "&none;&&#999;&#0;&#xzz;&");
}

}  // namespace
}  // namespace stillage::blob
