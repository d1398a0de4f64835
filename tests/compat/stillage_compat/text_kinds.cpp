// SPDX-License-Identifier: MIT
// Kinds that need no tree: hash-strings, collation, file-hash, lock.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "hasher/collation.h"
#include "hasher/file_digest.h"
#include "hasher/hash_strings.h"
#include "kinds.h"
#include "os/stat.h"
#include "support/temp_dir.h"
#include "vector_file.h"
#include "workspace/compat_lock.h"

namespace stillage::compat {
namespace {

using base::Json;

int sign(int value) {
  return (value > 0) - (value < 0);
}

/// A value as JavaScript joins it to a text.
std::string js_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_object() ? "[object Object]" : base::to_text(value);
}

std::vector<workspace::DependencyRange> ranges_of(const Json& fields) {
  std::vector<workspace::DependencyRange> ranges;
  for (const auto& [name, range] : fields.items()) ranges.push_back({name, js_text(range)});
  return ranges;
}

std::string describe(std::string_view version, std::vector<workspace::DependencyRange> dependencies) {
  std::sort(dependencies.begin(), dependencies.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  std::string text(version);
  for (const auto& [name, range] : dependencies) text += fmt::format(" {}@{}", name, range);
  return text;
}

void replay_parsed(const workspace::CompatLock& lock, const Json& parsed, const std::string& name,
                   Tally& tally) {
  std::size_t entries = 0;
  for (const auto& [key, expected] : parsed.items()) {
    // pnpm's importers, which no dependency ever leads to.
    if (expected.contains("version") && js_text(expected["version"]) == key) continue;
    ++entries;
    const auto found = lock.entries().find(key);
    const std::string wanted = describe(js_text(expected["version"]),
                                        ranges_of(expected.value("dependencies", Json(Json::object()))));
    const std::string got = found == lock.entries().end()
                                ? "nothing"
                                : describe(found->second.version, found->second.dependencies);
    if (wanted != got) return tally.fail(name + " " + key, wanted, got);
  }
  tally.expect_equal(name + " entries", std::to_string(entries), std::to_string(lock.entries().size()));
}

void replay_lock(const Json& vector, const std::string& name, Tally& tally) {
  const auto lock = workspace::CompatLock::parse(vector.at("lockFile").get<std::string>(),
                                                 vector.at("text").get<std::string>());
  if (vector.contains("parseError")) {
    if (!lock) return tally.pass();
    return tally.fail(name, "the error " + vector["parseError"].get<std::string>(), "no error");
  }
  if (!lock) return tally.fail(name, "a lock", lock.error().message);
  replay_parsed(*lock, vector.at("parsed"), name, tally);
  for (const Json& one : vector.at("cases")) {
    const auto internal = texts_of(one.at("internal"));
    auto external = ranges_of(one.at("dependencies"));
    std::erase_if(external, [&](const workspace::DependencyRange& dependency) {
      return std::find(internal.begin(), internal.end(), dependency.name) != internal.end() ||
             workspace::is_object_member(dependency.name);
    });
    tally.expect_equal(name + " " + base::to_text(one.at("dependencies")), base::to_text(one.at("resolved")),
                       base::to_text(lock->resolve(external)));
  }
}

}  // namespace

Status replay_hash_strings(const std::string& folder, Tally& tally) {
  const std::string path = folder + "/hash-strings.json";
  if (!os::exists(path)) return {};
  STILLAGE_ASSIGN(const Json file, read_vectors(path));
  for (const Json& vector : file.at("vectors")) {
    const std::vector<std::string> texts = texts_of(vector.at("strings"));
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const std::string name = "hash-strings " + vector.at("name").get<std::string>();
    tally.expect_equal(name, vector.at("hash").get<std::string>(), hasher::hash_strings(views));
    tally.expect_equal(name + " (backfill)", vector.at("backfillHash").get<std::string>(),
                       hasher::backfill_hash_strings(views));
  }
  return {};
}

Status replay_collation(const std::string& folder, Tally& tally) {
  const std::string path = folder + "/collation.json";
  if (!os::exists(path)) return {};
  STILLAGE_ASSIGN(const Json file, read_vectors(path));
  std::vector<std::pair<std::string, int>> texts;
  int group_number = 0;
  for (const Json& group : file.at("groups")) {
    for (std::string& text : texts_of(group)) texts.emplace_back(std::move(text), group_number);
    ++group_number;
  }
  // One case for each text: how it compares with all.
  for (const auto& [text, group] : texts) {
    std::string wrong;
    for (const auto& [other, other_group] : texts)
      if (sign(hasher::compare_collated(text, other)) != sign(group - other_group) && wrong.empty())
        wrong = other;
    if (wrong.empty())
      tally.pass();
    else
      tally.fail("collation", fmt::format("\"{}\" in group {}", text, group), "otherwise, with " + wrong);
  }
  return {};
}

Status replay_file_hash(const std::string& folder, Tally& tally) {
  const std::string path = folder + "/file-hash.json";
  if (!os::exists(path)) return {};
  STILLAGE_ASSIGN(const Json file, read_vectors(path));
  const test::TempDir dir;
  for (const Json& vector : file.at("vectors")) {
    STILLAGE_ASSIGN(const std::string content, content_of(vector));
    dir.write("file", content);
    for (const auto& [field, line_endings] : {std::pair{"hash", hasher::LineEndings::as_glob_hasher},
                                              std::pair{"gitRaw", hasher::LineEndings::as_they_are}}) {
      STILLAGE_ASSIGN(const auto digested, hasher::digest_file(AT_FDCWD, dir / "file", line_endings));
      tally.expect_equal(fmt::format("file-hash {} ({})", vector.at("name").get<std::string>(), field),
                         vector.at(field).get<std::string>(),
                         digested ? base::to_hex(digested->digest) : "nothing");
    }
  }
  return {};
}

Status replay_locks(const std::string& folder, Tally& tally) {
  for (const std::string& name : json_files(folder + "/lock")) {
    STILLAGE_ASSIGN(const Json vector, read_vectors(folder + "/lock/" + name));
    replay_lock(vector, "lock " + name, tally);
  }
  return {};
}

}  // namespace stillage::compat
