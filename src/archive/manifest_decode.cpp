// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <simdjson.h>

#include <limits>

#include "archive/manifest_json.h"
#include "base/base64.h"
#include "base/hex.h"
#include "base/strings.h"

namespace stillage::archive {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kDeepest = 16;  // four levels are in use
constexpr std::string_view kBase64 = "Base64";

tl::unexpected<Error> bad(std::string_view what) {
  return fail(ErrorKind::corrupt, fmt::format("manifest: {}", what));
}

tl::unexpected<Error> bad_field(std::string_view name) {
  return bad(
      fmt::format("the field \"{}\" is missing, given twice or not as it should be", base::printable(name)));
}

/// One field of an object, with "Base64" taken off its name: the way in which a text is written is no matter
/// of whoever wants it.
struct Field {
  std::string_view name;
  element value;
  bool is_base64 = false;

  explicit Field(const simdjson::dom::key_value_pair& pair) : name(pair.key), value(pair.value) {
    if (!name.ends_with(kBase64)) return;
    name.remove_suffix(kBase64.size());
    is_base64 = true;
  }

  Status read(std::string& out) const {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return bad_field(name);
    if (!is_base64) {
      out = text;
      return {};
    }
    std::optional<std::string> bytes = base::from_base64(text);
    if (!bytes) return bad_field(name);
    out = std::move(*bytes);
    return {};
  }
  Status read(std::int64_t& out) const { return check(value.get_int64().get(out)); }
  Status read(std::uint64_t& out) const { return check(value.get_uint64().get(out)); }
  Status read(object& out) const { return check(value.get_object().get(out)); }
  Status read(array& out) const { return check(value.get_array().get(out)); }

 private:
  Status check(simdjson::error_code code) const {
    if (code != simdjson::SUCCESS || is_base64) return bad_field(name);
    return {};
  }
};

/// Which fields of an object have been seen: each may come once, and some must come.
class Seen {
 public:
  enum Name : unsigned {
    path = 1,
    kind = 2,
    mode = 4,
    size = 8,
    sha256 = 16,
    link = 32,
    text = 64,
    label = 128,
    key = 256,
    target = 512,
    created = 1024,
    duration = 2048,
    bound_to = 4096,
    platform = 8192,
    command = 16384,
    outputs = 32768,
    log = 65536,
  };
  /// Reads the field's value into `out`, unless the field was there before.
  template <class T>
  Status take(Name name, const Field& field, T& out) {
    if ((names_ & name) != 0) return bad_field(field.name);
    names_ |= name;
    return field.read(out);
  }
  bool exactly(unsigned names) const { return names_ == names; }
  bool all(unsigned names) const { return (names_ & names) == names; }

 private:
  unsigned names_ = 0;
};

Result<Output> decode_output(const element& value) {
  object fields;
  if (value.get_object().get(fields) != simdjson::SUCCESS) return bad("an output is no object");
  Output output;
  Seen seen;
  std::string kind;
  std::string sha256;
  std::uint64_t mode = 0;
  for (const auto& pair : fields) {
    const Field field(pair);
    if (field.name == "path")
      STILLAGE_TRY(seen.take(Seen::path, field, output.path));
    else if (field.name == "kind")
      STILLAGE_TRY(seen.take(Seen::kind, field, kind));
    else if (field.name == "mode")
      STILLAGE_TRY(seen.take(Seen::mode, field, mode));
    else if (field.name == "size")
      STILLAGE_TRY(seen.take(Seen::size, field, output.size));
    else if (field.name == "sha256")
      STILLAGE_TRY(seen.take(Seen::sha256, field, sha256));
    else if (field.name == "link")
      STILLAGE_TRY(seen.take(Seen::link, field, output.link));
  }
  output.mode = static_cast<std::uint32_t>(mode & 0777);
  bool good = mode <= 0777;
  if (kind == "file") {
    good = good && seen.exactly(Seen::path | Seen::kind | Seen::mode | Seen::size | Seen::sha256) &&
           base::from_hex(sha256, output.digest);
  } else if (kind == "symlink") {
    output.kind = OutputKind::symlink;
    good = seen.exactly(Seen::path | Seen::kind | Seen::link) && !output.link.empty() &&
           output.link.size() <= kMaxLink && output.link.find('\0') == std::string::npos;
  } else if (kind == "directory") {
    output.kind = OutputKind::directory;
    good = good && seen.exactly(Seen::path | Seen::kind | Seen::mode);
  } else {
    good = false;
  }
  if (!good)
    return bad(
        fmt::format("the output \"{}\" is not described as it should be", base::printable(output.path)));
  return output;
}

Status decode_outputs(const array& values, std::vector<Output>& outputs) {
  OutputOrder order;
  std::uint64_t total = 0;
  for (const element& value : values) {
    STILLAGE_ASSIGN(Output output, decode_output(value));
    if (const Status fits = order.add(output.path, output.kind); !fits) return bad(fits.error().message);
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();  // what an off_t can say
    if (output.size > kMost - total)
      return bad("the sizes of the outputs add up to more than a disk can hold");
    total += output.size;
    outputs.push_back(std::move(output));
  }
  return {};
}

/// An object of two texts, such as a part of the command or of the log.
Status decode_pair(const element& value, std::string_view name, Seen::Name first, std::string& one,
                   std::string& text) {
  object fields;
  if (value.get_object().get(fields) != simdjson::SUCCESS) return bad_field(name);
  Seen seen;
  for (const auto& pair : fields) {
    const Field field(pair);
    if (field.name == name)
      STILLAGE_TRY(seen.take(first, field, one));
    else if (field.name == "text")
      STILLAGE_TRY(seen.take(Seen::text, field, text));
  }
  if (!seen.all(first | Seen::text)) return bad_field(name);
  return {};
}

bool is_platform_name(std::string_view name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return !name.empty() && name.find_first_not_of(kLetters) == std::string_view::npos &&
         !name.ends_with(kBase64);
}

Status decode_platform(const object& fields, Manifest& manifest) {
  for (const auto& pair : fields) {
    const Field field(pair);
    const auto [place, is_new] = manifest.platform.try_emplace(std::string(field.name));
    if (!is_new || !is_platform_name(field.name)) return bad_field(field.name);
    STILLAGE_TRY(field.read(place->second));
  }
  return {};
}

Status decode_command(const array& values, Manifest& manifest) {
  for (const element& value : values) {
    auto& [label, text] = manifest.command.emplace_back();
    STILLAGE_TRY(decode_pair(value, "label", Seen::label, label, text));
  }
  return {};
}

Status decode_log(const array& values, std::vector<LogChunk>& log) {
  std::string stream;
  for (const element& value : values) {
    LogChunk& chunk = log.emplace_back();
    STILLAGE_TRY(decode_pair(value, "stream", Seen::label, stream, chunk.text));
    if (stream != "out" && stream != "err") return bad_field("stream");
    chunk.stream = stream == "out" ? LogStream::out : LogStream::err;
  }
  return {};
}

Result<Manifest> decode(const object& fields) {
  std::int64_t format = 0;
  if (fields["format"].get_int64().get(format) != simdjson::SUCCESS) return bad_field("format");
  if (format != kFormat)
    return fail(ErrorKind::unsupported,
                fmt::format("is of format {}, and this version reads format {} only", format, kFormat));
  Manifest manifest;
  Seen seen;
  object platform;
  array command;
  array outputs;
  array log;
  for (const auto& pair : fields) {
    const Field field(pair);
    if (field.name == "key")
      STILLAGE_TRY(seen.take(Seen::key, field, manifest.key));
    else if (field.name == "target")
      STILLAGE_TRY(seen.take(Seen::target, field, manifest.target));
    else if (field.name == "created")
      STILLAGE_TRY(seen.take(Seen::created, field, manifest.created_ns));
    else if (field.name == "duration")
      STILLAGE_TRY(seen.take(Seen::duration, field, manifest.duration_ns));
    else if (field.name == "boundTo")
      STILLAGE_TRY(seen.take(Seen::bound_to, field, manifest.bound_to));
    else if (field.name == "platform")
      STILLAGE_TRY(seen.take(Seen::platform, field, platform));
    else if (field.name == "command")
      STILLAGE_TRY(seen.take(Seen::command, field, command));
    else if (field.name == "outputs")
      STILLAGE_TRY(seen.take(Seen::outputs, field, outputs));
    else if (field.name == "log")
      STILLAGE_TRY(seen.take(Seen::log, field, log));
  }
  if (!seen.all(Seen::key | Seen::target | Seen::created | Seen::duration | Seen::platform | Seen::command |
                Seen::outputs | Seen::log))
    return bad("a field is missing");
  if (seen.all(Seen::bound_to) && manifest.bound_to.empty()) return bad_field("boundTo");
  STILLAGE_TRY(decode_platform(platform, manifest));
  STILLAGE_TRY(decode_command(command, manifest));
  STILLAGE_TRY(decode_outputs(outputs, manifest.outputs));
  STILLAGE_TRY(decode_log(log, manifest.log));
  return manifest;
}

}  // namespace

Result<Manifest> decode_manifest(const std::string& json, std::string_view name) {
  if (json.size() > kMaxManifest)
    return fail(ErrorKind::corrupt,
                fmt::format("{}: manifest: larger than {}", name, base::human_size(kMaxManifest)));
  simdjson::dom::parser parser(json.size());
  object fields;
  if (parser.allocate(json.size(), kDeepest) != simdjson::SUCCESS)
    return fail(ErrorKind::io, fmt::format("{}: not enough memory for its manifest", name));
  if (const simdjson::error_code code = parser.parse(json).get_object().get(fields);
      code != simdjson::SUCCESS)
    return fail(ErrorKind::corrupt, fmt::format("{}: manifest: {}", name, simdjson::error_message(code)));
  Result<Manifest> manifest = decode(fields);
  if (!manifest) return fail_in(std::string(name), manifest.error());
  return manifest;
}

}  // namespace stillage::archive
