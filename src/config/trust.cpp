// SPDX-License-Identifier: MIT
#include "config/trust.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/log.h"
#include "blob/prefix_store.h"
#include "cache/signed_seal.h"
#include "os/at.h"
#include "os/file.h"
#include "os/stat.h"

namespace stillage::config {
namespace {

constexpr const char* kDefaultVariable = "STILLAGE_SIGNING_KEY";
constexpr std::uint64_t kMaxKeyFile = 4096;

/// Where a key is to be found.
struct KeyPlace {
  std::string file;
  std::string variable;

  std::string text() const {
    return file.empty() ? fmt::format("the environment variable {}", variable)
                        : fmt::format("the key file {}", file);
  }
};

/// Nothing where there is no such file or variable.
Result<std::optional<archive::SigningKey>> find_key(const KeyPlace& place,
                                                    const run::Environment& environment) {
  if (!place.file.empty()) return read_key_file(place.file);
  const std::string text = environment.value_or(place.variable, "");
  if (text.empty()) return std::optional<archive::SigningKey>();
  STILLAGE_ASSIGN(auto key, archive::parse_private_key(text, place.text()));
  return std::optional(std::move(key));
}

KeyPlace own_key_place(const RemoteTrust& trust) {
  return {.file = trust.signing_key_file,
          .variable = trust.signing_key_env.empty() ? kDefaultVariable : trust.signing_key_env};
}

KeyPlace secret_place(const TrustedKey& key) {
  return {.file = key.key_file, .variable = key.key_env};
}

/// The part of a store that a zone is.
Result<std::shared_ptr<blob::BlobStore>> part_of(const std::shared_ptr<blob::BlobStore>& blobs,
                                                 const std::string& zone) {
  if (zone.empty()) return blobs;
  auto part = blob::PrefixStore::open(blobs, "zones/" + zone);
  if (!part) return tl::make_unexpected(Error(part.error()));
  return std::shared_ptr<blob::BlobStore>(std::move(*part));
}

}  // namespace

Result<std::optional<archive::SigningKey>> read_key_file(const std::string& path) {
  STILLAGE_ASSIGN(const auto there, os::stat_path(path, os::Links::follow));
  if (!there) return std::optional<archive::SigningKey>();
  STILLAGE_ASSIGN(const os::Fd file, os::open_path(path, O_RDONLY | O_NONBLOCK));
  STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(file.get()));
  const std::string place = fmt::format("the key file {}", path);
  if (!stat.is_regular()) return fail(ErrorKind::invalid, place + " is no file");
  if (stat.uid != 0 && !os::is_own_uid(stat.uid))
    return fail(ErrorKind::auth, place + " belongs to another user: whoever owns it can sign, too");
  if ((stat.permissions() & 0077) != 0)
    return fail(ErrorKind::auth,
                fmt::format("{} can be read or written by others: take that right away (chmod 600)", place));
  STILLAGE_ASSIGN(const std::string text, os::read_all(file.get(), path, kMaxKeyFile));
  STILLAGE_ASSIGN(auto key, archive::parse_private_key(text, place));
  return std::optional(std::move(key));
}

std::string place_of(const TrustedKey& key) {
  return secret_place(key).text();
}

std::string signing_place(const RemoteTrust& trust) {
  return own_key_place(trust).text();
}

Result<std::optional<archive::SigningKey>> find_signing_key(const RemoteTrust& trust,
                                                            const run::Environment& environment) {
  return find_key(own_key_place(trust), environment);
}

Result<std::optional<archive::VerifyKey>> open_verify_key(const TrustedKey& key,
                                                          const run::Environment& environment) {
  if (key.algorithm == "ed25519") {
    auto parsed = archive::parse_public_key(key.id, key.public_key);
    if (!parsed)
      return fail(ErrorKind::invalid, fmt::format("the key \"{}\" {}", key.id, parsed.error().message));
    return std::optional(std::move(*parsed));
  }
  STILLAGE_ASSIGN(const auto secret, find_key(secret_place(key), environment));
  if (!secret) return std::optional<archive::VerifyKey>();
  if (secret->algorithm != archive::SignatureAlgorithm::hmac_sha256 || secret->id != key.id)
    return fail(ErrorKind::invalid,
                fmt::format("{} holds the {} key \"{}\", where the configuration (verify.keys) expects the "
                            "hmac-sha256 key \"{}\"",
                            place_of(key), archive::to_string(secret->algorithm), secret->id, key.id));
  return std::optional(archive::verify_key_of(*secret));
}

Result<std::vector<archive::VerifyKey>> open_verify_keys(const RemoteTrust& trust,
                                                         const run::Environment& environment) {
  if (trust.require_signature && trust.verify_keys.empty())
    return fail(
        ErrorKind::invalid,
        "cacheOptions.requireSignature needs cacheOptions.verify.keys: the keys whose signatures count");
  std::vector<archive::VerifyKey> keys;
  for (const TrustedKey& key : trust.verify_keys) {
    STILLAGE_ASSIGN(auto opened, open_verify_key(key, environment));
    if (opened)
      keys.push_back(std::move(*opened));
    else
      base::warn_once("no key " + key.id,
                      fmt::format("entries that are signed with the key \"{}\" are not used: {} is not there",
                                  key.id, place_of(key)));
  }
  return keys;
}

Result<TrustedZones> open_zones(const RemoteTrust& trust, const std::shared_ptr<blob::BlobStore>& blobs,
                                const run::Environment& environment, bool writes) {
  cache::SignedSealOptions seal{.place = {}, .require_signature = trust.require_signature};
  STILLAGE_ASSIGN(seal.verify_keys, open_verify_keys(trust, environment));
  if (writes && trust.signs) {
    STILLAGE_ASSIGN(seal.signing_key, find_signing_key(trust, environment));
  }
  const auto seal_of = [&](const std::string& zone) {
    cache::SignedSealOptions options = seal;
    options.place = fmt::format("{}\n{}", blobs->name(), zone);
    return std::make_shared<const cache::SignedSeal>(std::move(options));
  };
  TrustedZones zones;
  STILLAGE_ASSIGN(zones.write.blobs, part_of(blobs, trust.zone));
  const auto seal_of_writes = seal_of(trust.zone);
  zones.write.seal = seal_of_writes;
  std::string why = seal_of_writes->cannot_seal_because();
  if (trust.signs && !seal.signing_key)
    why = fmt::format("the configuration wants to sign, but {} is not there", signing_place(trust));
  zones.may_write = writes && why.empty();
  if (writes && !zones.may_write)
    base::warn_once("unsigned uploads", fmt::format("nothing is uploaded to {}: {}", blobs->name(), why));

  // Where no signature could be checked, there is no use in asking.
  if (trust.require_signature && seal.verify_keys.empty()) return zones;
  bool is_up_to_write_zone = true;
  for (const std::string& name : trust.read_zones.value_or(std::vector<std::string>{trust.zone})) {
    const auto own_seal = seal_of(name);
    const auto origins = own_seal->origins();
    zones.origins.insert(zones.origins.end(), origins.begin(), origins.end());
    if (is_up_to_write_zone) {
      const auto good = seal.signing_key ? own_seal->signed_origins() : origins;
      zones.may_stand_on.insert(zones.may_stand_on.end(), good.begin(), good.end());
    }
    if (name == trust.zone) is_up_to_write_zone = false;
    // The same object where it is the same part: what is refused there is replaced by the next put.
    auto part = name == trust.zone ? zones.write.blobs : nullptr;
    if (!part) {
      STILLAGE_ASSIGN(part, part_of(blobs, name));
    }
    zones.read.push_back({.blobs = std::move(part), .seal = own_seal});
  }
  return zones;
}

void use_zones(const TrustedZones& zones, cache::RemoteArchiveOptions& remote) {
  remote.blobs = zones.write.blobs;
  remote.seal = zones.write.seal;
  remote.read_from = zones.read;
  remote.may_stand_on = zones.may_stand_on;
  remote.reads = remote.reads && !zones.read.empty();
  remote.writes = remote.writes && zones.may_write;
}

}  // namespace stillage::config
