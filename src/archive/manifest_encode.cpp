// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "archive/manifest_json.h"
#include "base/base64.h"
#include "base/hex.h"
#include "base/strings.h"

namespace stillage::archive {
namespace {

/// Writes JSON straight into a text: entries of a hundred thousand outputs make a document tree too dear.
class JsonText {
 public:
  void open(char bracket) {
    separate();
    text_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    if (wants_line_) text_ += '\n';
    wants_line_ = false;
    text_ += bracket;
    first_ = false;
  }
  /// What comes next starts a line.
  void line() { wants_line_ = true; }

  void name(std::string_view name) {
    separate();
    quote(name);
    text_ += ':';
    first_ = true;
  }
  void number(std::string_view key, std::int64_t value) { raw(key, std::to_string(value)); }
  void number(std::string_view key, std::uint64_t value) { raw(key, std::to_string(value)); }

  /// "key": "value", or "keyBase64" if the value is not UTF-8.
  void text(std::string_view key, std::string_view value) {
    const bool plain = base::is_utf8(value);
    name(plain ? key : std::string(key) + "Base64");
    plain ? quote(value) : quote(base::to_base64(value));
    first_ = false;
  }

  std::string take() {
    text_ += '\n';
    return std::move(text_);
  }

 private:
  void raw(std::string_view key, std::string_view value) {
    name(key);
    text_ += value;
    first_ = false;
  }
  void separate() {
    if (!first_) text_ += ',';
    if (wants_line_) text_ += '\n';
    first_ = false;
    wants_line_ = false;
  }
  void quote(std::string_view utf8) {
    text_ += '"';
    std::size_t done = 0;
    for (std::size_t i = 0; i < utf8.size(); ++i) {
      const auto c = static_cast<unsigned char>(utf8[i]);
      if (c >= 0x20 && c != '"' && c != '\\') continue;
      text_ += utf8.substr(done, i - done);
      done = i + 1;
      if (c == '\n')
        text_ += "\\n";
      else if (c < 0x20)
        text_ += fmt::format("\\u{:04x}", c);
      else
        (text_ += '\\') += static_cast<char>(c);
    }
    text_ += utf8.substr(done);
    text_ += '"';
  }

  std::string text_;
  bool first_ = true;
  bool wants_line_ = false;
};

void write(JsonText& json, const Output& output) {
  json.line();
  json.open('{');
  json.text("path", output.path);
  switch (output.kind) {
    case OutputKind::file:
      json.text("kind", "file");
      json.number("mode", std::uint64_t{output.mode});
      json.number("size", output.size);
      json.text("sha256", base::to_hex(output.digest));
      break;
    case OutputKind::symlink:
      json.text("kind", "symlink");
      json.text("link", output.link);
      break;
    case OutputKind::directory:
      json.text("kind", "directory");
      json.number("mode", std::uint64_t{output.mode});
      break;
  }
  json.close('}');
}

}  // namespace

std::string encode_manifest(const Manifest& manifest) {
  JsonText json;
  json.open('{');
  json.number("format", std::int64_t{kFormat});
  json.text("key", manifest.key);
  json.text("target", manifest.target);
  json.number("created", manifest.created_ns);
  json.number("duration", manifest.duration_ns);
  if (!manifest.bound_to.empty()) json.text("boundTo", manifest.bound_to);

  json.line();
  json.name("platform");
  json.open('{');
  for (const auto& [name, value] : manifest.platform) json.text(name, value);
  json.close('}');

  json.line();
  json.name("command");
  json.open('[');
  for (const auto& [label, text] : manifest.command) {
    json.line();
    json.open('{');
    json.text("label", label);
    json.text("text", text);
    json.close('}');
  }
  json.close(']');

  json.line();
  json.name("outputs");
  json.open('[');
  for (const Output& output : manifest.outputs) write(json, output);
  json.close(']');

  json.line();
  json.name("log");
  json.open('[');
  for (const LogChunk& chunk : manifest.log) {
    json.line();
    json.open('{');
    json.text("stream", chunk.stream == LogStream::out ? "out" : "err");
    json.text("text", chunk.text);
    json.close('}');
  }
  json.close(']');
  json.close('}');
  return json.take();
}

}  // namespace stillage::archive
