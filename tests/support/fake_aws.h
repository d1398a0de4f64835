// SPDX-License-Identifier: MIT
#pragma once
// The services of AWS that give credentials, on one port: the Security Token Service at "/", a container's
// agent at "/container", an instance's metadata below "/latest". What they give says who was asked by whom.

#include <fmt/format.h>

#include <string>
#include <vector>

#include "net/percent.h"
#include "support/answering_server.h"

namespace stillage::test {

class FakeAws {
 public:
  std::string url() const { return server_.url(); }
  std::vector<HttpAsked> asked() { return server_.asked(); }
  /// The variables that lead here.
  std::vector<std::string> environment() const {
    return {"AWS_ENDPOINT_URL_STS=" + url(), "AWS_EC2_METADATA_SERVICE_ENDPOINT=" + url()};
  }

 private:
  static std::string between(const std::string& text, const std::string& before, const std::string& ends) {
    const std::size_t at = text.find(before);
    if (at == std::string::npos) return {};
    const std::size_t start = at + before.size();
    return text.substr(start, std::min(text.find_first_of(ends, start), text.size()) - start);
  }
  static std::string json(const std::string& key) {
    return http_answer(200, fmt::format(R"({{"Code":"Success","AccessKeyId":"{0}","SecretAccessKey":"s-{0}",)"
                                        R"("Token":"t-{0}","Expiration":"2099-01-01T00:00:00Z"}})",
                                        key));
  }
  static std::string answer(const HttpAsked& asked) {
    const std::string line = asked.line();
    if (line.starts_with("PUT /latest/api/token")) return http_answer(200, "session");
    if (line.starts_with("GET /latest/") && asked.head.find("oken: session\r\n") == std::string::npos)
      return http_answer(401, "");
    if (line == "GET /latest/meta-data/iam/security-credentials/") return http_answer(200, "machine");
    if (line == "GET /latest/meta-data/iam/security-credentials/machine") return json("INSTANCE");
    if (line.starts_with("GET /container")) return json("CONTAINER");
    if (!line.starts_with("POST /")) return http_answer(404, "");
    const std::string role =
        between(*net::percent_decode(between(asked.body, "RoleArn=", "&")), "role/", "&");
    const std::string signer = between(asked.head, "Credential=", "/");
    const std::string token = between(asked.body, "WebIdentityToken=", "&");
    const std::string key = fmt::format("{}.by.{}{}", role, signer, token);
    const std::string action = between(asked.body, "Action=", "&");
    return http_answer(
        200,
        fmt::format("<{1}Response><{1}Result><Credentials><AccessKeyId>{0}</AccessKeyId>"
                    "<SecretAccessKey>s-{0}</SecretAccessKey><SessionToken>t-{0}</SessionToken>"
                    "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></{1}Result>"
                    "</{1}Response>",
                    key, action),
        "Content-Type: text/xml\r\n");
  }

  AnsweringServer server_{answer};
};

}  // namespace stillage::test
