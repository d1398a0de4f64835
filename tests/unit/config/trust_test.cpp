// SPDX-License-Identifier: MIT
// Whose entries of a remote are used: from the configuration to what is restored, over a folder as the
// remote.
#include "config/trust.h"

#include <sys/stat.h>

#include "archive/entry_reader.h"
#include "base/base64.h"
#include "blob/directory_store.h"
#include "os/dir.h"
#include "os/file.h"
#include "stillage/remote_fallback_cache_provider.h"
#include "unit/cache/checkout_fixture.h"
#include "unit/config/repo.h"

namespace stillage::config {
namespace {

using test::key;
using ::testing::HasSubstr;

TrustedKey trusted(const archive::SigningKey& key) {
  return {
      .id = key.id, .algorithm = "ed25519", .public_key = base::to_base64(archive::verify_key_of(key).bytes)};
}

/// Machines with a remote in common.
class Trust : public test::CacheTest {
 protected:
  Trust() {
    remember_ = open({lib_, app_}).store().folder();
    base_.make_dir("remote");
  }

  /// What a process with this configuration works with. Machines of one `user` share a local store.
  struct Machine {
    std::shared_ptr<cache::ArchiveCacheProvider> local;
    std::shared_ptr<cache::RemoteArchiveProvider> remote;
    std::shared_ptr<RemoteFallbackCacheProvider> both;
  };
  Machine machine(const std::string& user, const RemoteTrust& trust,
                  const archive::SigningKey* signs = nullptr, bool writes = false) {
    Variables variables;
    if (signs != nullptr) variables["STILLAGE_SIGNING_KEY"] = archive::private_key_text(*signs);
    const auto store = *cache::Store::open(base_ / ("store of " + user), std::nullopt);
    const auto zones = *open_zones(trust, std::make_shared<blob::DirectoryStore>(base_ / "remote"),
                                   environment_of(variables), writes);
    auto own = options();
    own.store = store;
    own.state_folder = base_ / ("state " + std::to_string(++machines_));
    own.targets = {lib_, app_};
    own.trusted_origins = zones.origins;
    base_.make_dir("state " + std::to_string(machines_));
    Machine made;
    made.local = make_provider(std::move(own));
    cache::RemoteArchiveOptions remote;
    remote.topic = "remote " + std::to_string(machines_);
    remote.store = store;
    remote.home = [local = made.local]() -> Result<std::shared_ptr<cache::ArchiveCacheProvider>> {
      return local;
    };
    remote.root = root_;
    remote.writes = writes;
    use_zones(zones, remote);
    made.remote = std::make_shared<cache::RemoteArchiveProvider>(std::move(remote));
    made.both = std::make_shared<RemoteFallbackCacheProvider>(
        RemoteFallbackCacheProviderOptions{.local_cache_provider = made.local,
                                           .remote_cache_provider = made.remote,
                                           .write_remote_cache = writes && zones.may_write});
    return made;
  }

  /// Runs the target, which makes one file with this content.
  void make(const Machine& machine, const Target& target, char digit, const std::string& content) {
    const std::string out = "checkout/packages/" + target.package_name + "/dist/out";
    ASSERT_TRUE(machine.both->prepare(target));
    base_.write(out, content);
    ASSERT_TRUE(machine.both->put(key(digit), target));
  }

  /// What a look-up restores; "" for a miss.
  std::string found(const Machine& machine, const Target& target, char digit) {
    wipe("packages/" + target.package_name + "/dist");
    const auto hit = machine.both->look_up(key(digit), target);
    EXPECT_TRUE(hit) << hit.error().message;
    if (!hit || !*hit) return "";
    EXPECT_TRUE((*hit)->restore());
    return base_.read("checkout/packages/" + target.package_name + "/dist/out");
  }

  std::string blob(char digit, const std::string& zone = "") const {
    return base_ / ("remote/" + (zone.empty() ? "" : "zones/" + zone + "/") + "v1/" + key(digit));
  }
  std::string bytes(const std::string& path) const { return *os::read_file(path); }
  static void overwrite(const std::string& path, const std::string& bytes) {
    ASSERT_TRUE(os::write_file_atomic(path, bytes));
  }

  RemoteTrust requiring(const std::vector<archive::SigningKey>& keys) const {
    RemoteTrust trust;
    trust.signs = true;
    trust.require_signature = true;
    for (const archive::SigningKey& key : keys) trust.verify_keys.push_back(trusted(key));
    return trust;
  }

  const Target lib_ = target("a#build");
  const Target app_ = [this] {
    Target app = target("a#test", {{"report/**", "dist/**"}});
    app.dependencies = {"a#build"};
    return app;
  }();
  const archive::SigningKey ci_ = archive::generate_signing_key(archive::SignatureAlgorithm::ed25519, "ci");
  const archive::SigningKey next_ =
      archive::generate_signing_key(archive::SignatureAlgorithm::ed25519, "next");
  std::string remember_;
  int machines_ = 0;
};

TEST_F(Trust, SignedEntriesAreRestoredAndUnsignedOnesAreNot) {
  make(machine("ci", requiring({ci_}), &ci_, true), lib_, '1', "good");
  make(machine("mallory", {}, nullptr, true), lib_, '2', "bad");
  const Machine reader = machine("reader", requiring({ci_}));
  EXPECT_EQ(found(reader, lib_, '1'), "good");
  EXPECT_EQ(found(reader, lib_, '2'), "");
  EXPECT_EQ(found(reader, lib_, '2'), "");
  EXPECT_EQ(told_of("it is not signed"), 1U);
  EXPECT_EQ(found(machine("trusting", {}), lib_, '2'), "bad");
}

TEST_F(Trust, AStrangersSignatureIsNone) {
  RemoteTrust own = requiring({next_});
  make(machine("mallory", own, &next_, true), lib_, '1', "bad");
  EXPECT_EQ(found(machine("reader", requiring({ci_})), lib_, '1'), "");
  EXPECT_EQ(told_of("\"next\" that is not known here"), 1U);
  EXPECT_EQ(found(machine("rotating", requiring({ci_, next_})), lib_, '1'), "bad");
}

TEST_F(Trust, ASignatureHoldsForItsOwnKeyTargetAndManifestOnly) {
  make(machine("ci", requiring({ci_}), &ci_, true), lib_, '1', "of key 1");
  make(machine("ci", requiring({ci_}), &ci_, true), app_, '2', "of the other target");
  make(machine("mallory", {}, nullptr, true), lib_, '3', "bad");
  make(machine("ci", requiring({ci_}), &ci_, true), lib_, '4', "of key 4");
  const std::string good = bytes(blob('1'));
  // Another entry's blob, whole.
  overwrite(blob('5'), good);
  EXPECT_EQ(found(machine("r1", requiring({ci_})), lib_, '5'), "");
  overwrite(blob('6'), bytes(blob('2')));
  EXPECT_EQ(found(machine("r2", requiring({ci_})), lib_, '6'), "");
  // The signature of another entry behind an entry that is sound in itself.
  const std::string seal = good.substr(good.size() - (8 + 8 + 3 + 2 + 64));
  ASSERT_TRUE(seal.substr(8).starts_with("STLGSIGN"));
  overwrite(blob('3'), bytes(blob('3')) + seal);
  EXPECT_EQ(found(machine("r3", requiring({ci_})), lib_, '3'), "");
  EXPECT_EQ(told_of("is not one of this entry"), 1U);
  // The signature taken away.
  overwrite(blob('4'), bytes(blob('4')).substr(0, bytes(blob('4')).size() - seal.size()));
  EXPECT_EQ(found(machine("r4", requiring({ci_})), lib_, '4'), "");
  EXPECT_EQ(told_of("it is not signed"), 1U);
  EXPECT_EQ(found(machine("r5", requiring({ci_})), lib_, '1'), "of key 1");
}

TEST_F(Trust, ARefusedEntryIsReplacedByWhoMaySign) {
  make(machine("mallory", {}, nullptr, true), lib_, '1', "bad");
  const Machine ci = machine("ci", requiring({ci_}), &ci_, true);
  EXPECT_EQ(found(ci, lib_, '1'), "");
  make(ci, lib_, '1', "good");
  EXPECT_EQ(found(machine("reader", requiring({ci_})), lib_, '1'), "good");
}

TEST_F(Trust, NothingIsUploadedUnsignedWhereSignaturesAreRequired) {
  make(machine("keyless", requiring({ci_}), nullptr, true), lib_, '1', "mine");
  EXPECT_FALSE(os::exists(blob('1')));
  EXPECT_EQ(told_of("nothing is uploaded"), 1U);
  make(machine("stranger", requiring({ci_}), &next_, true), lib_, '1', "mine");
  EXPECT_FALSE(os::exists(blob('1')));
}

TEST_F(Trust, ZonesAreReadInOrderAndWrittenApart) {
  RemoteTrust main;
  main.zone = "main";
  RemoteTrust pr;
  pr.zone = "pr";
  pr.read_zones = {"main", "pr"};
  make(machine("of main", main, nullptr, true), lib_, '1', "of main");
  make(machine("of pr", pr, nullptr, true), lib_, '2', "of pr");
  EXPECT_TRUE(os::exists(blob('1', "main")));
  EXPECT_TRUE(os::exists(blob('2', "pr")));
  EXPECT_EQ(found(machine("m", main), lib_, '1'), "of main");
  EXPECT_EQ(found(machine("m", main), lib_, '2'), "");
  EXPECT_EQ(found(machine("p", pr), lib_, '1'), "of main");
  EXPECT_EQ(found(machine("p", pr), lib_, '2'), "of pr");
  // Both zones have it: the first one counts.
  RemoteTrust only_pr;
  only_pr.zone = "pr";
  make(machine("of pr alone", only_pr, nullptr, true), lib_, '1', "poison");
  EXPECT_EQ(found(machine("q", pr), lib_, '1'), "of main");
}

TEST_F(Trust, WhatIsRefusedInOneZoneIsLookedForInTheNext) {
  RemoteTrust unsigned_main;
  unsigned_main.zone = "main";
  make(machine("mallory", unsigned_main, nullptr, true), lib_, '1', "bad");
  RemoteTrust pr = requiring({ci_});
  pr.zone = "pr";
  make(machine("ci", pr, &ci_, true), lib_, '1', "good");
  pr.read_zones = {"main", "pr"};
  EXPECT_EQ(found(machine("reader", pr), lib_, '1'), "good");
  EXPECT_EQ(told_of("it is not signed"), 1U);
}

// The local store is one for all checkouts of a user, but not all of them trust the same.
TEST_F(Trust, TheSharedLocalStoreHandsNothingToWhoDoesNotTrustItsOrigin) {
  make(machine("mallory", {}, nullptr, true), lib_, '1', "bad");
  EXPECT_EQ(found(machine("user", {}), lib_, '1'), "bad");
  ASSERT_TRUE(os::remove_tree(base_ / "remote"));
  base_.make_dir("remote");
  EXPECT_EQ(found(machine("user", {}), lib_, '1'), "bad") << "who trusts it has it at hand";
  EXPECT_EQ(found(machine("user", requiring({ci_})), lib_, '1'), "");
  RemoteTrust zone;
  zone.zone = "main";
  EXPECT_EQ(found(machine("user", zone), lib_, '1'), "");
  // What the user's own runs made is everybody's.
  make(machine("user", requiring({ci_})), lib_, '1', "own");
  EXPECT_EQ(found(machine("user", requiring({ci_})), lib_, '1'), "own");
  EXPECT_EQ(found(machine("user", zone), lib_, '1'), "own");
}

TEST_F(Trust, ATakenAwayKeyTakesItsEntriesAlongInTheLocalStoreToo) {
  make(machine("ci", requiring({ci_}), &ci_, true), lib_, '1', "signed");
  EXPECT_EQ(found(machine("user", requiring({ci_, next_})), lib_, '1'), "signed");
  ASSERT_TRUE(os::remove_tree(base_ / "remote"));
  base_.make_dir("remote");
  EXPECT_EQ(found(machine("user", requiring({ci_})), lib_, '1'), "signed");
  EXPECT_EQ(found(machine("user", requiring({next_})), lib_, '1'), "");
}

TEST_F(Trust, WhatWasMadeWithAForeignEntryIsAsForeign) {
  make(machine("mallory", {}, nullptr, true), lib_, '1', "bad");
  {
    const Machine trusting = machine("user", {});
    EXPECT_EQ(found(trusting, lib_, '1'), "bad");
    ASSERT_TRUE(trusting.both->prepare(app_));
    base_.write("checkout/packages/a/report/out", "made with bad");
    ASSERT_TRUE(trusting.both->put(key('2'), app_));
  }
  const auto hits = [&](const Machine& machine) { return *machine.both->look_up(key('2'), app_) != nullptr; };
  EXPECT_FALSE(hits(machine("user", requiring({ci_}))));
  EXPECT_TRUE(hits(machine("user", {})));
}

TEST_F(Trust, NothingGoesIntoAZoneThatWasMadeWithALesserOnes) {
  RemoteTrust pr;
  pr.zone = "pr";
  make(machine("of pr", pr, nullptr, true), lib_, '1', "of pr");
  const auto make_app = [&](const RemoteTrust& trust, const std::string& user, char digit) {
    const Machine both = machine(user, trust, nullptr, true);
    EXPECT_EQ(found(both, lib_, '1'), "of pr");
    ASSERT_TRUE(both.both->prepare(app_));
    base_.write("checkout/packages/a/report/out", "made");
    ASSERT_TRUE(both.both->put(key(digit), app_));
  };
  RemoteTrust main;
  main.zone = "main";
  main.read_zones = {"main", "pr"};
  make_app(main, "main", '2');
  EXPECT_FALSE(os::exists(blob('2', "main")));
  EXPECT_EQ(told_of("does not vouch for"), 1U);
  pr.read_zones = {"main", "pr"};
  make_app(pr, "pr", '3');
  EXPECT_TRUE(os::exists(blob('3', "pr")));
}

TEST_F(Trust, KeyFilesAreTheOwnersAlone) {
  const std::string path = base_ / "ci.key";
  EXPECT_FALSE(*read_key_file(path));
  base_.write("ci.key", archive::private_key_text(ci_) + "\n", 0600);
  ASSERT_TRUE(*read_key_file(path));
  EXPECT_EQ((**read_key_file(path)).secret, ci_.secret);
  for (const mode_t mode : {0640U, 0604U, 0620U, 0666U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const auto read = read_key_file(path);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, ErrorKind::auth);
    EXPECT_THAT(read.error().message, HasSubstr("chmod 600"));
  }
  base_.write("garbage.key", "garbage", 0600);
  const auto garbage = read_key_file(base_ / "garbage.key");
  ASSERT_FALSE(garbage);
  EXPECT_THAT(garbage.error().message, HasSubstr("garbage.key is no private key"));
  base_.write("huge.key", std::string(1 << 20, 'x'), 0600);
  EXPECT_FALSE(read_key_file(base_ / "huge.key"));
  base_.make_dir("folder.key");
  EXPECT_FALSE(read_key_file(base_ / "folder.key"));
}

TEST_F(Trust, HmacSecretsComeFromVariablesAndFit) {
  const auto secret = archive::generate_signing_key(archive::SignatureAlgorithm::hmac_sha256, "team");
  const auto blobs = std::make_shared<blob::DirectoryStore>(base_ / "remote");
  RemoteTrust trust;
  trust.require_signature = true;
  trust.verify_keys = {{.id = "team", .algorithm = "hmac-sha256", .key_env = "TEAM_KEY"}};
  const auto open_with = [&](const std::string& text) {
    return open_zones(trust, blobs, environment_of({{"TEAM_KEY", text}}), false);
  };
  EXPECT_EQ(open_with(archive::private_key_text(secret))->origins.size(), 1U);
  // Without the secret nothing can be checked: nothing is asked for, and that is told.
  EXPECT_TRUE(open_with("")->read.empty());
  EXPECT_EQ(told_of("variable TEAM_KEY is not there"), 1U);
  EXPECT_FALSE(open_with("garbage"));
  EXPECT_FALSE(open_with(archive::private_key_text(ci_)));
  auto renamed = secret;
  renamed.id = "other";
  EXPECT_FALSE(open_with(archive::private_key_text(renamed)));
}

TEST(TrustOptions, AreReadWithTheirVariablesOverThem) {
  const archive::SigningKey ci = archive::generate_signing_key(archive::SignatureAlgorithm::ed25519, "ci");
  const Repo repo;
  const std::string config =
      R"({"cacheOptions": {"requireSignature": true, "signing": {"keyFile": "../ci.key"},
    "verify": {"keys": [{"id": "ci", "algorithm": "ed25519", "publicKey": ")" +
      trusted(ci).public_key + R"("},
    {"id": "team", "algorithm": "hmac-sha256", "keyEnv": "TEAM"}]}, "zone": "pr", "readZones": ["main", "pr"]}})";
  const auto settings = repo.with(config);
  ASSERT_TRUE(settings) << settings.error().message;
  const RemoteTrust& trust = settings->cache_options.trust;
  EXPECT_TRUE(trust.require_signature);
  EXPECT_TRUE(trust.signs);
  EXPECT_EQ(trust.signing_key_file.substr(trust.signing_key_file.rfind('/')), "/ci.key");
  ASSERT_EQ(trust.verify_keys.size(), 2U);
  EXPECT_EQ(trust.verify_keys[1].key_env, "TEAM");
  EXPECT_EQ(trust.zone, "pr");
  EXPECT_EQ(*trust.read_zones, (std::vector<std::string>{"main", "pr"}));
  const auto over = repo.with(
      config, {{"STILLAGE_ZONE", "x"}, {"STILLAGE_READ_ZONES", "y,z"}, {"STILLAGE_SIGNING_KEY", "k"}});
  ASSERT_TRUE(over);
  EXPECT_EQ(over->cache_options.trust.zone, "x");
  EXPECT_EQ(*over->cache_options.trust.read_zones, (std::vector<std::string>{"y", "z"}));
  EXPECT_EQ(over->cache_options.trust.signing_key_file, "");
  EXPECT_FALSE(repo.with("{}", {{"STILLAGE_ZONE", "a/b"}}));
  EXPECT_FALSE(repo.with("{}", {{"STILLAGE_READ_ZONES", "a,,b"}}));
}

TEST(TrustOptions, WrongOnesAreNamedWithTheRemedy) {
  const Repo repo;
  const auto error = [&](const std::string& options) {
    return repo.error("{\"cacheOptions\": {" + options + "}}");
  };
  const std::string secret = "stillage-private-key:ed25519:ci:AAAA";
  for (const std::string& options : std::vector<std::string>{
           "\"signing\": {\"key\": \"" + secret + "\"}", "\"signing\": {\"keyFile\": \"" + secret + "\"}",
           "\"verify\": {\"keys\": [{\"id\": \"a\", \"algorithm\": \"ed25519\", \"publicKey\": \"" + secret +
               "\"}]}",
           "\"verify\": {\"keys\": [{\"id\": \"a\", \"algorithm\": \"hmac-sha256\", \"secret\": "
           "\"AAAA\"}]}"}) {
    const std::string message = error(options);
    EXPECT_THAT(message, HasSubstr("is a secret, which does not belong into a configuration"));
    EXPECT_THAT(message, ::testing::Not(HasSubstr("AAAA")));
  }
  const auto key_error = [&](const std::string& key) {
    return error("\"verify\": {\"keys\": [" + key + "]}");
  };
  EXPECT_THAT(key_error("{}"), HasSubstr("needs an id"));
  EXPECT_THAT(key_error("{\"id\": \"a\"}"), HasSubstr("needs an algorithm"));
  EXPECT_THAT(key_error("{\"id\": \"a\", \"algorithm\": \"none\"}"), HasSubstr("ed25519"));
  EXPECT_THAT(key_error("{\"id\": \"a\", \"algorithm\": \"ed25519\"}"), HasSubstr("32 bytes in base64"));
  EXPECT_THAT(key_error("{\"id\": \"a\", \"algorithm\": \"ed25519\", \"keyEnv\": \"X\"}"),
              HasSubstr("publicKey"));
  EXPECT_THAT(key_error("{\"id\": \"a\", \"algorithm\": \"hmac-sha256\"}"), HasSubstr("keyEnv"));
  EXPECT_THAT(key_error("{\"id\": \"a\", \"algorithm\": \"hmac-sha256\", \"publicKey\": \"AA==\"}"),
              HasSubstr("has no publicKey"));
  const std::string hmac = "{\"id\": \"a\", \"algorithm\": \"hmac-sha256\", \"keyEnv\": \"X\"}";
  EXPECT_THAT(key_error(hmac + ", " + hmac), HasSubstr("the id of another key"));
  EXPECT_THAT(error("\"zone\": \"a/b\""), HasSubstr("is no name of a zone"));
  EXPECT_THAT(error("\"readZones\": [\"..\"]"), HasSubstr("is no name of a zone"));
}

}  // namespace
}  // namespace stillage::config
