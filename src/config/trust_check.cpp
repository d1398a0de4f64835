// SPDX-License-Identifier: MIT
#include "config/trust_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/strings.h"
#include "cache/remote_entries.h"
#include "cache/signed_seal.h"
#include "config/remote_check.h"
#include "config/remote_store.h"
#include "config/trust.h"

namespace stillage::config {
namespace {

using cache::RemoteVerdict;

constexpr std::size_t kSample = 3;
/// So many entries are enough to choose from.
constexpr std::size_t kMostListed = 1000;
constexpr std::uint64_t kLargestSampled = 64ULL << 20;
constexpr const char* kHowTo = "docs/signing.md has it step by step";

Finding problem(std::string check, std::string text, std::string remedy = {}) {
  return {.check = std::move(check),
          .verdict = Verdict::problem,
          .text = std::move(text),
          .remedy = std::move(remedy)};
}

Finding note(std::string check, std::string text, std::string remedy = {}) {
  return {.check = std::move(check),
          .verdict = Verdict::note,
          .text = std::move(text),
          .remedy = std::move(remedy)};
}

bool asks_for_signatures(const RemoteTrust& trust) {
  return trust.require_signature || !trust.verify_keys.empty();
}

/// The keys that verify, as far as they can be had, with what is to be said of the others.
std::vector<archive::VerifyKey> check_verify_keys(const RemoteTrust& trust,
                                                  const run::Environment& environment, Findings& findings) {
  if (trust.require_signature && trust.verify_keys.empty())
    findings.push_back(problem("verify keys",
                               "requireSignature is on, and verify.keys lists no key: nothing "
                               "from the remote can be used",
                               kHowTo));
  std::vector<archive::VerifyKey> keys;
  std::vector<std::string> ids;
  for (const TrustedKey& key : trust.verify_keys) {
    auto opened = open_verify_key(key, environment);
    if (!opened) {
      findings.push_back(problem("verify keys", opened.error().message));
    } else if (!*opened) {
      const std::string text = fmt::format(
          "what is signed with the key \"{}\" can't be checked here: {} is not there", key.id, place_of(key));
      findings.push_back(trust.require_signature ? problem("verify keys", text) : note("verify keys", text));
    } else {
      ids.push_back(fmt::format("\"{}\" ({})", key.id, key.algorithm));
      keys.push_back(std::move(**opened));
    }
  }
  if (!keys.empty())
    findings.push_back({.check = "verify keys",
                        .text = fmt::format("signatures of {} count{}", base::join(ids, ", "),
                                            trust.require_signature ? ", and nothing else is used" : "")});
  return keys;
}

/// Signs something, and looks whether we ourselves would take it.
Finding check_own_signature(const archive::SigningKey& key, std::vector<archive::VerifyKey> verify_keys,
                            bool requires_signature) {
  const std::string id = key.id;
  const bool is_anything_checked = !verify_keys.empty() || requires_signature;
  const cache::SignedSeal seal({.place = {},
                                .signing_key = key,
                                .verify_keys = std::move(verify_keys),
                                .require_signature = requires_signature});
  const cache::SealedFacts facts{.format = 1, .key = "doctor", .target = "doctor", .manifest_digest = {}};
  const auto signature = seal.seal(facts);
  if (!signature)
    return problem("signing", "nothing is uploaded: " + signature.error().message,
                   "add its public key to verify.keys, or sign with one that is listed there");
  const auto signer = seal.signer(facts, *signature);
  if (!signer)
    return problem(
        "signing",
        fmt::format("what is signed here with the key \"{}\" is refused by this very configuration: {}", id,
                    signer.error().message),
        "verify.keys has another key under that id: give each key an id of its own");
  if (signer->empty() && is_anything_checked)
    return problem(
        "signing",
        fmt::format("the key \"{}\" signs, and verify.keys does not list it: what it signs counts as "
                    "unsigned here",
                    id),
        "add its public key to verify.keys");
  return {.check = "signing",
          .text = signer->empty()
                      ? fmt::format("the key \"{}\" signs", id)
                      : fmt::format("the key \"{}\" signs, and its signatures are taken here", id)};
}

struct Sampled {
  std::size_t entries = 0;
  std::size_t signed_ones = 0;
  std::vector<std::string> refused;
  std::vector<std::string> damaged;
};

Finding verdict_on(const Sampled& sampled) {
  constexpr const char* kCheck = "entries";
  if (!sampled.refused.empty()) {
    const std::string text = fmt::format("{} of {} entries that were looked at are refused, such as {}",
                                         sampled.refused.size(), sampled.entries, sampled.refused.front());
    const char* const remedy =
        "`stillage cache verify --remote` looks at all; a run with --force on a machine that signs replaces "
        "them";
    // Where all are, it is rather the keys that are wrong.
    return sampled.refused.size() == sampled.entries ? problem(kCheck, text, remedy)
                                                     : note(kCheck, text, remedy);
  }
  if (!sampled.damaged.empty())
    return note(kCheck,
                fmt::format("{} of {} entries that were looked at are damaged, such as {}",
                            sampled.damaged.size(), sampled.entries, sampled.damaged.front()),
                "they count as misses; `stillage cache verify --remote` looks at all");
  if (sampled.signed_ones < sampled.entries)
    return note(
        kCheck,
        fmt::format("{} of {} entries that were looked at are signed by none of verify.keys, and used all "
                    "the same",
                    sampled.entries - sampled.signed_ones, sampled.entries),
        "requireSignature refuses them");
  return {.check = kCheck,
          .text = fmt::format("{} that {} looked at {} whole, and signed by a key that counts",
                              base::counted(sampled.entries, "entry", "entries"),
                              sampled.entries == 1 ? "was" : "were", sampled.entries == 1 ? "is" : "are")};
}

/// Some entries of these zones, at random.
blob::Outcome<std::vector<cache::RemoteEntry>> choose_entries(blob::BlobStore& store,
                                                              const std::vector<std::string>& zones,
                                                              const std::stop_token& stop) {
  std::vector<cache::RemoteEntry> entries;
  for (const std::string& zone : zones) {
    std::size_t seen = 0;
    const auto visit = [&](const blob::ListedBlob& blob) -> blob::Outcome<void> {
      if (seen++ == kMostListed) return net::failure(blob::FailureKind::cancelled, "enough was listed");
      auto entry = cache::parse_remote_entry(blob.key);
      if (entry && entry->zone == zone && blob.size.value_or(0) <= kLargestSampled)
        entries.push_back(std::move(*entry));
      return {};
    };
    const auto listed = store.list(cache::remote_blob(zone, ""), visit, stop);
    if (!listed && seen <= kMostListed) return tl::make_unexpected(listed.error());
  }
  std::mt19937_64 random{std::random_device()()};
  std::shuffle(entries.begin(), entries.end(), random);
  entries.resize(std::min(kSample, entries.size()));
  return entries;
}

}  // namespace

Findings check_keys(const CacheOptions& options, const run::Environment& environment, bool writes) {
  const RemoteTrust& trust = options.trust;
  Findings findings;
  if (options.compat == Compat::lage) {
    if (trust.require_signature || !trust.zone.empty() || trust.read_zones)
      findings.push_back(
          problem("signing",
                  "with compat \"lage\" entries carry no signature and lie in no zone, which the "
                  "configuration asks for: the remote cache is not used",
                  "leave out requireSignature, zone and readZones, or compat"));
    return findings;
  }
  if (!trust.signs && !asks_for_signatures(trust)) {
    findings.push_back(
        note("signing", "entries are neither signed nor checked: whoever may write to the remote is believed",
             kHowTo));
    return findings;
  }
  auto verify_keys = check_verify_keys(trust, environment, findings);
  if (!trust.signs) {
    if (writes && trust.require_signature)
      findings.push_back(
          problem("signing",
                  "nothing is uploaded: signatures are required, and nothing says with "
                  "which key to sign",
                  "set STILLAGE_SIGNING_KEY or STILLAGE_SIGNING_KEY_FILE where results are uploaded"));
    return findings;
  }
  const auto own = find_signing_key(trust, environment);
  if (!own) {
    findings.push_back(problem("signing", own.error().message));
  } else if (!*own) {
    const std::string text = signing_place(trust) + " is not there";
    findings.push_back(writes ? problem("signing", "nothing is uploaded: " + text)
                              : note("signing", text + ": it is needed only where results are uploaded"));
  } else {
    findings.push_back(check_own_signature(**own, std::move(verify_keys), trust.require_signature));
  }
  return findings;
}

Findings check_signed_entries(blob::BlobStore& store, const RemoteTrust& trust,
                              const run::Environment& environment, const std::stop_token& stop) {
  if (!asks_for_signatures(trust)) return {};
  // What is wrong with the keys is check_keys' to say.
  auto keys = open_verify_keys(trust, environment);
  if (!keys || keys->empty()) return {};
  if (!store.traits().list) return {note("entries", "it can't list its entries, so that none was looked at")};
  const auto zones = trust.read_zones.value_or(std::vector<std::string>{trust.zone});
  const auto entries = choose_entries(store, zones, stop);
  if (!entries) {
    // Nobody needs the right to list.
    Finding finding = explain(entries.error(), "entries");
    finding.verdict = Verdict::note;
    return {std::move(finding)};
  }
  if (entries->empty()) return {note("entries", "there are none yet whose signature could be checked")};
  const auto spool = open_user_spool();
  if (!spool) return {problem("entries", spool.error().message)};
  const cache::SignedSeal seal({.place = {},
                                .signing_key = {},
                                .verify_keys = std::move(*keys),
                                .require_signature = trust.require_signature});
  Sampled sampled;
  for (const cache::RemoteEntry& entry : *entries) {
    const auto found = cache::verify_remote_entry(store, entry, (*spool)->temp_folder(), &seal, stop);
    if (!found) return {problem("entries", found.error().message)};
    const std::string text =
        fmt::format("{} ({})", base::printable(entry.blob), base::printable(found->reason));
    if (found->verdict == RemoteVerdict::gone || found->verdict == RemoteVerdict::too_large) continue;
    ++sampled.entries;
    if (found->verdict == RemoteVerdict::refused) sampled.refused.push_back(text);
    if (found->verdict == RemoteVerdict::damaged) sampled.damaged.push_back(text);
    if (found->verdict == RemoteVerdict::good && !found->signer.empty()) ++sampled.signed_ones;
  }
  if (sampled.entries == 0) return {note("entries", "there are none whose signature could be checked")};
  return {verdict_on(sampled)};
}

}  // namespace stillage::config
