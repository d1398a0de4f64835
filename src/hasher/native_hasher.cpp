// SPDX-License-Identifier: MIT
#include "hasher/native_hasher.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/hex.h"
#include "base/log.h"
#include "hasher/change_check.h"
#include "hasher/platform.h"
#include "hasher/target_parts.h"
#include "hasher/variables.h"
#include "os/checkout_dir.h"
#include "os/command.h"

namespace stillage::hasher {
namespace {

using Texts = std::vector<std::string>;

Texts sorted_unique(Texts texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

/// Where the digests of files are kept; without a place for state they are not.
DigestMemory open_memory(const std::string& root, LineEndings line_endings) {
  const auto folder = os::open_checkout_dir(root);
  if (!folder) {
    base::warn_once("state of the checkout",
                    fmt::format("no state is kept between runs: {}", folder.error().message));
    return DigestMemory();
  }
  return DigestMemory(*folder +
                      (line_endings == LineEndings::normalised ? "/digests-normalised" : "/digests"));
}

void tell_command(const Target& target, const TargetParts& parts, IngredientSink& sink) {
  sink.open(Section::command);
  for (const auto& [label, text] : target.command) sink.add(label, text);
  if (!target.command.empty() || target.task.empty()) return;
  if (parts.package == nullptr || parts.package->dir != parts.dir) return;
  const std::pair<const char*, std::string> scripts[] = {
      {"pre", "pre" + target.task}, {"main", target.task}, {"post", "post" + target.task}};
  for (const auto& [label, name] : scripts)
    if (const std::string* text = parts.package->script(name)) sink.add(label, *text);
}

void tell_arguments(const Target& target, const TargetHasherOptions& options, IngredientSink& sink) {
  sink.open(Section::arguments);
  for (const std::string& argument : target.args) sink.add("target", argument);
  if (options.cli_args)
    for (const std::string& argument : *options.cli_args) sink.add("run", argument);
}

void tell_outputs(const Target& target, IngredientSink& sink) {
  sink.open(Section::outputs);
  if (!target.outputs) return sink.add("", "default");
  for (const std::string& glob : *target.outputs) sink.add(glob, "declared");
}

void tell_options(const Target& target, const TargetHasherOptions& options, IngredientSink& sink) {
  sink.open(Section::options);
  sink.add("absolutePaths", target.absolute_paths == AbsolutePaths::allow ? "allow" : "bind");
  if (target.clean) sink.add("clean", *target.clean ? "true" : "false");
  if (options.normalize_line_endings) sink.add("normalizeLineEndings", "true");
  if (target.env_mode == EnvMode::loose) return;
  // What a script sees depends on these names in strict mode only.
  sink.add("envMode", "strict");
  for (const std::string& name : sorted_unique(target.env)) sink.add("env", name);
  for (const std::string& name : sorted_unique(target.pass_through_env)) sink.add("passThroughEnv", name);
}

}  // namespace

struct NativeHasher::State {
  State(const HasherParts& loaded, TargetHasherOptions hasher_options, FileTable file_table)
      : parts(loaded),
        options(std::move(hasher_options)),
        table(std::move(file_table)),
        layout(loaded.workspace),
        outputs(layout),
        links(table, outputs),
        sets(table, links, outputs, layout, patterns, loaded.workspace.lock_file),
        finder(parts, options, table, links, sets, layout, patterns),
        variables(os::environment()),
        platform(loaded.workspace.root),
        changes(table, links, sets, outputs, layout) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Status digest(const std::vector<TargetParts>& all);
  Status tell(const Target& target, const TargetParts& target_parts, IngredientSink& sink);
  Status tell_variables(const Target& target, IngredientSink& sink);
  Status tell_dependencies(const Target& target, IngredientSink& sink);
  void tell_packages(const TargetParts& target_parts, IngredientSink& sink);

  HasherParts parts;
  TargetHasherOptions options;
  FileTable table;
  PatternCache patterns;
  PackageLayout layout;
  OutputRules outputs;
  LinkedContent links;
  InputSets sets;
  PartsFinder finder;
  Variables variables;
  Platform platform;
  ChangeCheck changes;
  KeyDigester digester;
  RecordSink recorder;  ///< used again, for the room that it has
  base::StringMap<base::Sha256Digest> keys;
  /// Of the targets that were given to digest_inputs().
  std::unordered_map<const Target*, TargetParts> digested;
};

/// Digests what the keys of all these stand on.
Status NativeHasher::State::digest(const std::vector<TargetParts>& all) {
  std::vector<InputSet*> wanted;
  std::vector<FileId> single;
  for (const TargetParts& found : all) {
    wanted.push_back(found.inputs);
    wanted.push_back(found.environment);
    for (const auto& [dir, set] : found.dependency_inputs) wanted.push_back(set);
    for (const auto& [path, id] : found.patches)
      if (id) single.push_back(*id);
    single.insert(single.end(), found.sources.begin(), found.sources.end());
  }
  STILLAGE_TRY(sets.digest(wanted));
  STILLAGE_TRY(table.digest(single));
  return links.follow(single);
}

Status NativeHasher::State::tell_variables(const Target& target, IngredientSink& sink) {
  sink.open(Section::variables);
  auto selected = variables.select(target.env);
  if (!selected) return fail_in(target.id, std::move(selected).error());
  for (const auto& [name, value] : *selected)
    sink.add(name, value ? "=" + std::string(*value) : std::string());
  return {};
}

Status NativeHasher::State::tell_dependencies(const Target& target, IngredientSink& sink) {
  sink.open(Section::dependencies);
  for (const std::string& id : sorted_unique(target.dependencies)) {
    const auto key = keys.find(id);
    if (key == keys.end())
      return fail(
          ErrorKind::invalid,
          fmt::format("{} depends on {}, which has no key yet: hash dependencies first", target.id, id));
    sink.add(id, base::to_hex(key->second));
  }
  return {};
}

void NativeHasher::State::tell_packages(const TargetParts& found, IngredientSink& sink) {
  sink.open(Section::packages);
  if (found.closure != nullptr) sink.add_all(*found.closure);
  sink.open(Section::local_packages);
  for (const auto& [path, content] : found.local_packages) {
    base::ByteWriter value;
    if (content != nullptr && !content->files.empty()) value.raw(content->digest());
    sink.add(path, value.bytes());
  }
  sink.open(Section::patches);
  for (const auto& [path, id] : found.patches) {
    const auto value = id ? links.value(*id) : std::nullopt;
    sink.add(path, value.value_or(std::string_view()));
  }
}

/// The one place that says what a key is made of.
Status NativeHasher::State::tell(const Target& target, const TargetParts& found, IngredientSink& sink) {
  sink.open(Section::target);
  sink.add("id", target.id);
  sink.add("directory", found.dir);
  tell_command(target, found, sink);
  tell_arguments(target, options, sink);
  sink.open(Section::cache_key);
  sink.add("cacheKey", options.cache_key);
  tell_outputs(target, sink);
  tell_options(target, options, sink);
  STILLAGE_TRY(tell_variables(target, sink));
  sink.open(Section::platform);
  for (const std::string& name : sorted_unique(target.key_on)) {
    auto value = platform.value(name);
    if (!value) return fail_in(target.id, std::move(value).error());
    sink.add(name, *value);
  }
  sink.open(Section::environment_files);
  sink.add_all(*found.environment);
  sink.open(Section::inputs);
  sink.add_all(*found.inputs);
  sink.open(Section::dependency_inputs);
  for (const auto& [dir, set] : found.dependency_inputs) {
    base::ByteWriter digest;
    digest.raw(set->digest());
    sink.add(dir, digest.bytes());
  }
  tell_packages(found, sink);
  return tell_dependencies(target, sink);
}

NativeHasher::NativeHasher(std::unique_ptr<State> state) : state_(std::move(state)) {}
NativeHasher::~NativeHasher() = default;

Result<std::unique_ptr<NativeHasher>> NativeHasher::open(const HasherParts& parts,
                                                         TargetHasherOptions options) {
  const LineEndings line_endings =
      options.normalize_line_endings ? LineEndings::normalised : LineEndings::as_they_are;
  STILLAGE_ASSIGN(
      FileTable table,
      FileTable::open(parts.listing, {.root = parts.workspace.root,
                                      .listed_at_ns = parts.listed_at_ns,
                                      .line_endings = line_endings,
                                      .memory = open_memory(parts.workspace.root, line_endings)}));
  auto state = std::make_unique<State>(parts, std::move(options), std::move(table));
  for (const Target& target : state->options.targets) {
    STILLAGE_ASSIGN(const std::string dir, state->finder.dir_of(target));
    STILLAGE_TRY(state->outputs.add(target, dir, state->patterns));
    STILLAGE_TRY(state->finder.note(target));
  }
  return std::unique_ptr<NativeHasher>(new NativeHasher(std::move(state)));
}

Status NativeHasher::digest_inputs(const std::vector<const Target*>& targets) {
  for (const Target* target : targets) STILLAGE_TRY(state_->finder.note(*target));
  STILLAGE_TRY(state_->finder.find_closures(targets));
  std::vector<TargetParts> all;
  for (const Target* target : targets) {
    STILLAGE_ASSIGN(TargetParts found, state_->finder.find(*target));
    all.push_back(std::move(found));
  }
  STILLAGE_TRY(state_->digest(all));
  for (std::size_t i = 0; i < targets.size(); ++i)
    state_->digested.insert_or_assign(targets[i], std::move(all[i]));
  return {};
}

Status NativeHasher::tell(const Target& target, IngredientSink& sink) {
  if (const auto digested = state_->digested.find(&target); digested != state_->digested.end())
    return state_->tell(target, digested->second, sink);
  std::vector<TargetParts> found(1);
  STILLAGE_ASSIGN(found.front(), state_->finder.find(target));
  if (auto status = state_->digest(found); !status) return fail_in(target.id, std::move(status).error());
  return state_->tell(target, found.front(), sink);
}

Result<std::string> NativeHasher::hash(const Target& target) {
  STILLAGE_TRY(tell(target, state_->digester));
  const base::Sha256Digest key = state_->digester.finish();
  state_->keys.insert_or_assign(target.id, key);
  return base::to_hex(key);
}

std::future<void> NativeHasher::expect_records() {
  return std::async(std::launch::async, [&lock = state_->parts.lock] { lock.get_ready(); });
}

Result<std::string> NativeHasher::record(const Target& target) {
  const auto key = state_->keys.find(target.id);
  if (key == state_->keys.end())
    return fail(ErrorKind::invalid, fmt::format("{} has no key yet, and so no record of one", target.id));
  const Status told = tell(target, state_->recorder);
  std::string record = state_->recorder.finish(target.id, key->second);
  if (!told) return tl::make_unexpected(told.error());
  return record;
}

Result<std::optional<std::string>> NativeHasher::changed_input(const Target& target) {
  if (!state_->keys.contains(target.id))
    return fail(ErrorKind::invalid,
                fmt::format("{} has no key yet, and so no inputs that could change", target.id));
  STILLAGE_ASSIGN(const TargetParts found, state_->finder.find(target));
  return state_->changes.find(found);
}

Status NativeHasher::cleanup() {
  STILLAGE_TRY(state_->parts.lock.remember());
  return state_->table.save();
}

}  // namespace stillage::hasher
