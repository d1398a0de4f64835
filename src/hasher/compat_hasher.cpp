// SPDX-License-Identifier: MIT
#include "hasher/compat_hasher.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <map>

#include "base/hex.h"
#include "base/log.h"
#include "base/utf16.h"
#include "git/plain_listing.h"
#include "glob/find_files.h"
#include "hasher/cold_seed.h"
#include "hasher/compat_files.h"
#include "hasher/compat_inputs.h"
#include "hasher/hash_strings.h"
#include "hasher/json_text.h"
#include "hasher/package_tree.h"
#include "os/file.h"
#include "os/path.h"
#include "workspace/compat_lock.h"
#include "workspace/compat_workspace.h"

namespace stillage::hasher {
namespace {

using Texts = std::vector<std::string>;
using workspace::CompatPackage;

/// A manifest that cannot be written costs time only.
void write_or_tell(const FileManifest& manifest, const std::string& path) {
  if (const Status written = manifest.write(path); !written)
    base::warn_once("manifest not written",
                    fmt::format("file digests are not remembered: {}", written.error().message));
}

std::vector<std::string_view> views_of(const Texts& texts) {
  return {texts.begin(), texts.end()};
}

void append_hashes(const std::vector<EnteredFile>& files, std::vector<std::string_view>& to) {
  for (const EnteredFile& file : files)
    if (!file.hash.empty()) to.push_back(file.hash);
}

}  // namespace

/// What a target's hash was made of.
struct Entered {
  std::string hash;
  std::vector<EnteredFile> files;
  std::size_t environment_size = 0;  ///< so many of them, the first ones, by an environment glob
  std::vector<std::pair<std::string, std::string>> dependencies = {};  ///< ids and hashes
};

struct CompatHasher::State {
  State(TargetHasherOptions hasher_options, workspace::CompatWorkspace found, workspace::CompatLock lock_file,
        git::PlainListing listed, CompatFiles digested)
      : options(std::move(hasher_options)),
        root(os::normalise_path(options.root)),
        cli_args(json_text(options.cli_args)),
        workspace(std::move(found)),
        lock(std::move(lock_file)),
        listing(std::move(listed)),
        files(std::move(digested)),
        tree(package_dirs(), paths()) {}

  /// The folder of a package from the root; "/" for one outside of it, where no listed file is.
  std::string dir_of(const CompatPackage& package) const {
    const auto below = os::path_below(package.dir, root);
    return below ? std::string(*below) : "/";
  }
  std::vector<std::string> package_dirs() const {
    Texts dirs;
    for (const CompatPackage& package : workspace.packages) dirs.push_back(dir_of(package));
    return dirs;
  }
  std::vector<std::string_view> paths() const {
    std::vector<std::string_view> all;
    all.reserve(listing.files.size());
    for (const git::PlainFile& file : listing.files) all.push_back(file.path);
    return all;
  }

  /// nullptr: the workspace has none of that name. lage calls one without a name "undefined".
  const CompatPackage* package_of(const Target& target) const {
    return workspace.find(target.package_name.empty() ? "undefined" : target.package_name);
  }
  Result<const Entered*> find(const Target& target) const;

  Status load_environment();
  Result<std::vector<EnteredFile>> digest_globs(const Texts& globs);
  Result<std::vector<EnteredFile>> input_files(const Target& target, const CompatPackage& package);
  const Texts& resolved_dependencies(const CompatPackage& package);
  Result<std::string> hash_root_target(const Target& target);
  Result<std::string> hash_package_target(const Target& target);

  TargetHasherOptions options;
  std::string root;
  std::string cli_args;
  workspace::CompatWorkspace workspace;
  workspace::CompatLock lock;
  git::PlainListing listing;
  CompatFiles files;
  PackageTree tree;
  std::vector<EnteredFile> global_files;
  std::map<Texts, Texts> globbed;
  std::map<const CompatPackage*, Texts> resolved;
  base::StringMap<std::string> hashes;
  base::StringMap<Entered> entered;
};

/// lage remembers what a list of globs found for as long as the process lives.
Result<std::vector<EnteredFile>> CompatHasher::State::digest_globs(const Texts& globs) {
  auto known = globbed.find(globs);
  if (known == globbed.end()) {
    STILLAGE_ASSIGN(Texts found, glob::find_files(root, globs));
    known = globbed.emplace(globs, std::move(found)).first;
  }
  return files.digest(views_of(known->second));
}

Status CompatHasher::State::load_environment() {
  STILLAGE_ASSIGN(global_files, digest_globs(options.environment_glob.value_or(Texts())));
  return {};
}

Result<std::vector<EnteredFile>> CompatHasher::State::input_files(const Target& target,
                                                                  const CompatPackage& package) {
  std::vector<std::string_view> wanted;
  for (const auto& [owner, patterns] :
       expand_compat_inputs(workspace, package, target.inputs.value_or(Texts{"**/*"}))) {
    STILLAGE_ASSIGN(const PackageTree::Files* const selected, tree.select(dir_of(*owner), patterns));
    for (const std::uint32_t file : *selected) wanted.push_back(listing.files[file].path);
  }
  return files.digest(wanted);
}

/// Names of internal dependencies and name@version of external ones, in the order of Array.sort().
const Texts& CompatHasher::State::resolved_dependencies(const CompatPackage& package) {
  auto [known, is_new] = resolved.try_emplace(&package);
  if (!is_new) return known->second;
  Texts& texts = known->second;
  std::vector<workspace::DependencyRange> external;
  for (workspace::DependencyRange& dependency : package.all_dependencies()) {
    if (workspace.is_internal(dependency.name))
      texts.push_back(std::move(dependency.name));
    else
      external.push_back(std::move(dependency));
  }
  for (std::string& text : lock.resolve(external)) texts.push_back(std::move(text));
  std::sort(texts.begin(), texts.end(),
            [](const auto& a, const auto& b) { return base::compare_code_units(a, b) < 0; });
  return texts;
}

Result<std::string> CompatHasher::State::hash_root_target(const Target& target) {
  if (!target.inputs)
    return fail(
        ErrorKind::invalid,
        fmt::format("no \"inputs\" specified for target \"{}\", so it cannot be cached: add inputs, or "
                    "\"cache\": false",
                    target.id));
  STILLAGE_ASSIGN(const Texts found, glob::find_files(root, *target.inputs));
  STILLAGE_ASSIGN(auto digested, files.digest_directly(found));
  std::vector<std::string_view> texts;
  append_hashes(digested, texts);
  std::string hash = hash_strings(texts);
  entered.insert_or_assign(target.id, Entered{.hash = hash, .files = std::move(digested)});
  return hash;
}

Result<std::string> CompatHasher::State::hash_package_target(const Target& target) {
  const CompatPackage* const package = package_of(target);
  if (package == nullptr)
    return fail(ErrorKind::invalid, fmt::format("{}: the workspace has no package \"{}\"", target.id,
                                                base::printable(target.package_name)));

  // In lage's own order, which decides where texts compare equal.
  std::vector<EnteredFile> all;
  if (target.environment_glob) {
    STILLAGE_ASSIGN(all, digest_globs(*target.environment_glob));
  } else {
    all = global_files;
  }
  std::vector<std::string_view> texts;
  const std::string arguments = fmt::format("{}|{}", target.id, cli_args);
  const std::size_t environment_size = all.size();
  STILLAGE_ASSIGN(std::vector<EnteredFile> inputs, input_files(target, *package));
  std::move(inputs.begin(), inputs.end(), std::back_inserter(all));
  const auto add_files = [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i)
      if (!all[i].hash.empty()) texts.push_back(all[i].hash);
  };
  add_files(0, environment_size);
  texts.push_back(arguments);
  if (!options.cache_key.empty()) texts.push_back(options.cache_key);
  add_files(environment_size, all.size());
  for (const std::string& text : resolved_dependencies(*package))
    if (!text.empty()) texts.push_back(text);
  std::vector<std::pair<std::string, std::string>> dependencies;
  for (const std::string& id : target.dependencies)
    if (const auto hash = hashes.find(id); hash != hashes.end()) dependencies.emplace_back(*hash);
  for (const auto& [id, hash] : dependencies) texts.push_back(hash);

  std::string hash = hash_strings(texts);
  hashes.insert_or_assign(target.id, hash);
  entered.insert_or_assign(target.id, Entered{.hash = hash,
                                              .files = std::move(all),
                                              .environment_size = environment_size,
                                              .dependencies = std::move(dependencies)});
  return hash;
}

CompatHasher::CompatHasher(std::unique_ptr<State> state) : state_(std::move(state)) {}
CompatHasher::~CompatHasher() = default;

Result<std::unique_ptr<CompatHasher>> CompatHasher::open(const TargetHasherOptions& options) {
  const std::string root = os::normalise_path(options.root);
  STILLAGE_ASSIGN(const std::string real_root, os::real_path(root));
  auto listing_at_work = std::async(std::launch::async, [&] { return git::list_plainly(real_root); });
  auto lock_at_work = std::async(std::launch::async, [&] { return workspace::CompatLock::find(root); });
  workspace::CompatWorkspace workspace = workspace::compat_discover(root);
  const std::string manifest_file = FileManifest::path_in(root);
  auto manifest = FileManifest::read(manifest_file);
  auto listing = listing_at_work.get();
  auto lock = lock_at_work.get();
  if (!listing) return tl::make_unexpected(listing.error());
  if (!lock) return tl::make_unexpected(lock.error());
  if (!manifest) return tl::make_unexpected(manifest.error());
  if (!*manifest) {
    *manifest = seed_manifest(real_root, *listing);
    write_or_tell(**manifest, manifest_file);
  }
  auto state = std::make_unique<State>(options, std::move(workspace), std::move(*lock), std::move(*listing),
                                       CompatFiles(root, manifest_file, std::move(**manifest)));
  STILLAGE_TRY(state->load_environment());
  return std::unique_ptr<CompatHasher>(new CompatHasher(std::move(state)));
}

Result<std::string> CompatHasher::hash(const Target& target) {
  const bool is_root_target = target.cache && os::normalise_path(target.cwd) == state_->root;
  return is_root_target ? state_->hash_root_target(target) : state_->hash_package_target(target);
}

Result<const Entered*> CompatHasher::State::find(const Target& target) const {
  const auto known = entered.find(target.id);
  if (known == entered.end())
    return fail(ErrorKind::invalid, fmt::format("{} has no hash yet: hash it first", target.id));
  return &known->second;
}

Result<std::string> CompatHasher::record(const Target& target) {
  STILLAGE_ASSIGN(const Entered* const known, state_->find(target));
  RecordSink sink;
  const auto add_files = [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) sink.add(known->files[i].path, known->files[i].hash);
  };
  sink.open(Section::arguments);
  sink.add("run", state_->cli_args);
  sink.open(Section::cache_key);
  sink.add("", state_->options.cache_key);
  sink.open(Section::environment_files);
  add_files(0, known->environment_size);
  sink.open(Section::inputs);
  add_files(known->environment_size, known->files.size());
  sink.open(Section::packages);
  if (const CompatPackage* const package = state_->package_of(target))
    for (const std::string& text : state_->resolved_dependencies(*package)) sink.add(text, "");
  sink.open(Section::dependencies);
  for (const auto& [id, hash] : known->dependencies) sink.add(id, hash);
  base::Sha256Digest key{};
  base::Sha1Digest hash{};
  if (base::from_hex(known->hash, hash)) std::copy(hash.begin(), hash.end(), key.begin());
  return sink.finish(target.id, key);
}

Result<std::optional<std::string>> CompatHasher::changed_input(const Target& target) {
  STILLAGE_ASSIGN(const Entered* const known, state_->find(target));
  return state_->files.first_changed(known->files);
}

Status CompatHasher::cleanup() {
  return state_->files.save();
}

std::string CompatHasher::global_inputs_hash() const {
  std::vector<std::string_view> texts;
  append_hashes(state_->global_files, texts);
  return hash_strings(texts);
}

}  // namespace stillage::hasher
