// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "archive/manifest_json.h"
#include "base/json.h"
#include "entry_builder.h"

namespace stillage::archive {
namespace {

using base::Json;
using testing::HasSubstr;

/// A manifest with everything in it, as a document that a test can spoil.
Json good() {
  Manifest manifest = test::manifest_of({test::file_output("a", "x"),
                                         {.path = "b", .kind = OutputKind::directory, .mode = 0755},
                                         {.path = "c", .kind = OutputKind::symlink, .link = "a"}});
  manifest.command = {{"build", "tsc"}};
  manifest.platform = {{"os", "linux"}};
  manifest.bound_to = "/somewhere";
  manifest.log = {{LogStream::err, "oops\n"}};
  return Json::parse(encode_manifest(manifest));
}

Result<Manifest> decode(const Json& json) {
  return decode_manifest(json.dump(), "entry");
}

void expect_corrupt(const Json& json, const std::string& what) {
  const auto manifest = decode(json);
  ASSERT_FALSE(manifest) << json.dump();
  EXPECT_EQ(manifest.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(manifest.error().message, HasSubstr(what)) << json.dump();
}

TEST(ManifestJson, IsWhatTheDocumentationSays) {
  const Json json = good();
  EXPECT_EQ(json["format"], 1);
  EXPECT_EQ(json["key"], std::string(64, 'a'));
  EXPECT_EQ(json["target"], "app#build");
  EXPECT_EQ(json["created"], 0);
  EXPECT_EQ(json["boundTo"], "/somewhere");
  EXPECT_EQ(json["platform"], Json({{"os", "linux"}}));
  EXPECT_EQ(json["command"], Json::parse(R"([{"label": "build", "text": "tsc"}])"));
  EXPECT_EQ(json["log"], Json::parse(R"([{"stream": "err", "text": "oops\n"}])"));
  EXPECT_EQ(json["outputs"][0], Json::parse(R"({"path": "a", "kind": "file", "mode": 420, "size": 1,
      "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"})"));
  EXPECT_EQ(json["outputs"][1], Json::parse(R"({"path": "b", "kind": "directory", "mode": 493})"));
  EXPECT_EQ(json["outputs"][2], Json::parse(R"({"path": "c", "kind": "symlink", "link": "a"})"));
  EXPECT_TRUE(decode(json));
}

TEST(ManifestJson, EveryByteComesBack) {
  Manifest manifest = test::manifest_of({});
  for (int c = 0; c < 256; ++c) {
    manifest.log.push_back({LogStream::out, std::string(3, static_cast<char>(c))});
    manifest.command.emplace_back("label" + std::string(1, static_cast<char>(c)),
                                  std::string(1, static_cast<char>(c)));
  }
  const std::string json = encode_manifest(manifest);
  EXPECT_TRUE(Json::accept(json));
  const auto back = decode_manifest(json, "entry");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, manifest);
}

TEST(ManifestJson, NumbersOfAnySize) {
  Manifest manifest = test::manifest_of({test::file_output("a", "x")});
  manifest.created_ns = INT64_MIN;
  manifest.duration_ns = INT64_MAX;
  manifest.outputs[0].size = INT64_MAX;
  EXPECT_EQ(*decode_manifest(encode_manifest(manifest), "entry"), manifest);
}

TEST(ManifestJson, UnknownFieldsArePassedOver) {
  Json json = good();
  json["later"] = Json::parse(R"({"a": [1, {"b": null}]})");
  json["outputs"][0]["later"] = 1;
  json["log"][0]["later"] = 1;
  EXPECT_TRUE(decode(json));
}

TEST(ManifestJson, AnotherFormatIsUnsupported) {
  Json json = good();
  json["format"] = 2;
  json.erase("outputs");
  const auto manifest = decode(json);
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().kind, ErrorKind::unsupported);
  EXPECT_EQ(manifest.error().message, "entry: is of format 2, and this version reads format 1 only");
  json["format"] = "1";
  expect_corrupt(json, "format");
}

TEST(ManifestJson, FieldsThatAreMissingOrOfAnotherType) {
  for (const char* name :
       {"key", "target", "created", "duration", "platform", "command", "outputs", "log", "format"}) {
    Json json = good();
    json.erase(name);
    expect_corrupt(json, "missing");
    for (const Json& wrong :
         {Json(nullptr), Json(true), Json(1.5), Json::array({1}), Json::parse(R"({"a": 1})")}) {
      json[name] = wrong;
      expect_corrupt(json, "manifest");
    }
  }
  for (const char* name : {"path", "kind", "mode", "size", "sha256"}) {
    Json json = good();
    json["outputs"][0].erase(name);
    expect_corrupt(json, "not described");
    json["outputs"][0][name] = nullptr;
    expect_corrupt(json, name);
  }
  Json json = good();
  json["boundTo"] = "";
  expect_corrupt(json, "boundTo");
}

TEST(ManifestJson, OutputsThatMixKinds) {
  Json json = good();
  json["outputs"][0]["link"] = "x";
  expect_corrupt(json, "not described");
  json = good();
  json["outputs"][1]["size"] = 0;
  expect_corrupt(json, "not described");
  json = good();
  json["outputs"][2]["mode"] = 0777;
  expect_corrupt(json, "not described");
  json = good();
  json["outputs"][0]["kind"] = "fifo";
  expect_corrupt(json, "not described");
  json = good();
  json["outputs"][0]["sha256"] = std::string(63, 'a');
  expect_corrupt(json, "not described");
  json = good();
  json["outputs"][0]["size"] = -1;
  expect_corrupt(json, "size");
  json = good();
  json["outputs"][0]["pathBase64"] = "YQ==";
  expect_corrupt(json, "path");
  json = good();
  json["outputs"][0].erase("path");
  json["outputs"][0]["pathBase64"] = "not base64";
  expect_corrupt(json, "path");
  json = good();
  json["outputs"][0].erase("size");
  json["outputs"][0]["sizeBase64"] = "MQ==";
  expect_corrupt(json, "size");
  json = good();
  json["log"][0]["stream"] = "in";
  expect_corrupt(json, "stream");
}

TEST(ManifestJson, NoJsonOrTooDeep) {
  for (const char* text :
       {"", "{", "[]", "null", "{\"format\":1", "{\"format\":1}}", "{\"format\":1,}", "\xff"}) {
    const auto manifest = decode_manifest(text, "entry");
    ASSERT_FALSE(manifest) << text;
    EXPECT_EQ(manifest.error().kind, ErrorKind::corrupt);
  }
  std::string text = good().dump();
  text.pop_back();
  text += ",\"later\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_FALSE(decode_manifest(text, "entry"));
  // The same field twice: a document can't say that, so by hand.
  text = good().dump();
  text.pop_back();
  EXPECT_FALSE(decode_manifest(text + ",\"key\":\"other\"}", "entry"));
}

TEST(ManifestJson, ErrorsShowHostileNamesHarmlessly) {
  Json json = good();
  json["outputs"][0]["path"] = "\x1b[2J/../x";
  const auto manifest = decode(json);
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().message.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace stillage::archive
