// SPDX-License-Identifier: MIT
#include "config/trust_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "archive/signing_key.h"
#include "base/strings.h"
#include "os/path.h"

namespace stillage::config {
namespace {

constexpr std::size_t kMaxZone = 64;
constexpr const char* kZoneRule =
    "is no name of a zone: 1 to 64 letters, digits, '-', '_' and '.', the first of them no '.'";
constexpr const char* kNoSecretsHere =
    "is a secret, which does not belong into a configuration: put it into a file outside the repository "
    "(keyFile) or "
    "into a variable (keyEnv), and make a new one, as this one may be known by now";

bool is_zone(std::string_view name) {
  const auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= kMaxZone && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_fine);
}

std::string file_inside(const std::string& root, const std::string& file) {
  return file.empty() ? file : os::normalise_path(os::join_path(root, file));
}

/// A text that is no private key.
std::function<Status(const Field&)> into_public(std::string& variable) {
  return [&variable](const Field& field) -> Status {
    STILLAGE_ASSIGN(variable, field.text());
    if (variable.find(archive::kPrivateKeyPrefix) != std::string::npos) return field.wrong(kNoSecretsHere);
    return {};
  };
}

Status refuse_secret(const Field& field) {
  return field.wrong(kNoSecretsHere);
}

Status read_signing(const Field& field, const std::string& root, RemoteTrust& trust) {
  if (!field.json().is_object()) return field.wrong("must be an object, such as {\"keyEnv\": \"NAME\"}");
  std::vector<std::string> warnings;
  std::vector<Option> known = {{"keyFile", into_public(trust.signing_key_file)},
                               {"keyEnv", into_public(trust.signing_key_env)}};
  for (const char* const secret : {"key", "privateKey", "secret"}) known.push_back({secret, refuse_secret});
  STILLAGE_TRY(read_options(field, known, warnings));
  if (!trust.signing_key_file.empty() && !trust.signing_key_env.empty())
    return field.wrong("has keyFile and keyEnv: leave one of them out");
  trust.signing_key_file = file_inside(root, trust.signing_key_file);
  trust.signs = true;
  return {};
}

Status read_verify_key(const Field& field, const std::string& root, TrustedKey& key) {
  if (!field.json().is_object())
    return field.wrong("must be an object: {\"id\": …, \"algorithm\": \"ed25519\", \"publicKey\": …}");
  std::vector<std::string> warnings;
  std::vector<Option> known = {{"id", into_public(key.id)},
                               {"algorithm",
                                [&](const Field& algorithm) -> Status {
                                  STILLAGE_ASSIGN(key.algorithm, algorithm.word({"ed25519", "hmac-sha256"}));
                                  return {};
                                }},
                               {"publicKey", into_public(key.public_key)},
                               {"keyEnv", into_public(key.key_env)},
                               {"keyFile", into_public(key.key_file)}};
  for (const char* const secret : {"key", "privateKey", "secret"}) known.push_back({secret, refuse_secret});
  STILLAGE_TRY(read_options(field, known, warnings));
  if (!archive::is_valid_key_id(key.id))
    return field.wrong("needs an id: 1 to 64 letters, digits, '-', '_' and '.'");
  if (key.algorithm.empty()) return field.wrong("needs an algorithm: \"ed25519\" or \"hmac-sha256\"");
  if (key.algorithm == "ed25519") {
    if (!key.key_env.empty() || !key.key_file.empty())
      return field.wrong("is an Ed25519 key: to verify, it has a publicKey, and neither keyEnv nor keyFile");
    const auto parsed = archive::parse_public_key(key.id, key.public_key);
    if (!parsed) return field.wrong("publicKey " + parsed.error().message);
    return {};
  }
  if (!key.public_key.empty())
    return field.wrong(
        "is a key for hmac-sha256, which has no publicKey: its secret comes from keyEnv or keyFile");
  if (key.key_env.empty() == key.key_file.empty()) return field.wrong("needs keyEnv, or else keyFile");
  key.key_file = file_inside(root, key.key_file);
  return {};
}

Status read_verify(const Field& field, const std::string& root, std::vector<TrustedKey>& keys) {
  if (!field.json().is_object()) return field.wrong("must be an object: {\"keys\": […]}");
  std::vector<std::string> warnings;
  const auto read_keys = [&](const Field& list) -> Status {
    if (!list.json().is_array()) return list.wrong("must be a list of keys");
    keys.clear();
    std::size_t index = 0;
    for (const base::Json& item : list.json()) {
      const Field child = list.child(std::to_string(index++), item);
      TrustedKey key;
      STILLAGE_TRY(read_verify_key(child, root, key));
      const auto same = [&](const TrustedKey& other) { return other.id == key.id; };
      if (std::any_of(keys.begin(), keys.end(), same)) return child.wrong("has the id of another key");
      keys.push_back(std::move(key));
    }
    return {};
  };
  return read_options(field, {{"keys", read_keys}}, warnings);
}

Status read_zone(const Field& field, std::string& zone) {
  STILLAGE_ASSIGN(zone, field.text());
  if (!zone.empty() && !is_zone(zone)) return field.wrong(kZoneRule);
  return {};
}

Status read_zones(const Field& field, std::optional<std::vector<std::string>>& zones) {
  STILLAGE_ASSIGN(zones, field.texts());
  for (const std::string& zone : *zones)
    if (!zone.empty() && !is_zone(zone))
      return field.wrong(fmt::format("\"{}\" {}", base::printable(zone), kZoneRule));
  return {};
}

}  // namespace

std::vector<Option> trust_options(const std::string& root, RemoteTrust& trust) {
  return {
      {"signing", [&trust, root](const Field& field) { return read_signing(field, root, trust); }},
      {"verify", [&trust, root](const Field& field) { return read_verify(field, root, trust.verify_keys); }},
      {"requireSignature", into(trust.require_signature)},
      {"zone", [&trust](const Field& field) { return read_zone(field, trust.zone); }},
      {"readZones", [&trust](const Field& field) { return read_zones(field, trust.read_zones); }}};
}

Status apply_trust_variables(const run::Environment& environment, const std::string& root,
                             RemoteTrust& trust) {
  const auto wrong = [](const char* name) {
    return fail(ErrorKind::invalid, fmt::format("the environment variable {} {}", name, kZoneRule));
  };
  if (const std::string zone = environment.value_or("STILLAGE_ZONE", ""); !zone.empty()) {
    if (!is_zone(zone)) return wrong("STILLAGE_ZONE");
    trust.zone = zone;
  }
  if (const std::string list = environment.value_or("STILLAGE_READ_ZONES", ""); !list.empty()) {
    trust.read_zones.emplace();
    for (const std::string_view zone : base::split(list, ',')) {
      if (!is_zone(zone)) return wrong("STILLAGE_READ_ZONES");
      trust.read_zones->emplace_back(zone);
    }
  }
  if (const std::string file = environment.value_or("STILLAGE_SIGNING_KEY_FILE", ""); !file.empty()) {
    trust.signs = true;
    trust.signing_key_file = file_inside(root, file);
    trust.signing_key_env.clear();
  }
  if (!environment.value_or("STILLAGE_SIGNING_KEY", "").empty()) {
    trust.signs = true;
    trust.signing_key_file.clear();
    trust.signing_key_env.clear();
  }
  return {};
}

}  // namespace stillage::config
