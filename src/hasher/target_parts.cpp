// SPDX-License-Identifier: MIT
#include "hasher/target_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/log.h"
#include "os/file.h"
#include "os/path.h"
#include "os/thread_pool.h"

namespace stillage::hasher {

void Closure::tell(IngredientSink& sink) const {
  const Status told =
      lock_.tell_closure(package_, [&](std::string_view text, const base::Sha256Digest* digest) {
        const std::string_view name = text.substr(0, text.find('\x1f'));
        if (digest != nullptr)
          sink.add_digested(name, text, *digest);
        else
          sink.add(name, text);
      });
  if (!told) sink.add("closure", text_);
}

base::Sha256Digest Closure::compute_digest() const {
  SectionEncoder encoder;
  encoder.add("closure", text_);
  return encoder.finish();
}

PartsFinder::PartsFinder(const HasherParts& parts, const TargetHasherOptions& options, FileTable& table,
                         LinkedContent& links, InputSets& sets, const PackageLayout& layout,
                         PatternCache& patterns)
    : parts_(parts),
      options_(options),
      table_(table),
      links_(links),
      sets_(sets),
      layout_(layout),
      patterns_(patterns) {}

Status PartsFinder::note(const Target& target) {
  KnownTarget& known = known_[target.id];
  STILLAGE_ASSIGN(known.dir, dir_of(target));
  if (known.dependencies != target.dependencies) known.dependencies = target.dependencies;
  known.outputs.reset();
  if (!target.outputs || target.outputs->empty()) return {};
  auto outputs = patterns_.compile(*target.outputs);
  if (!outputs) return fail_in("outputs of " + target.id, std::move(outputs).error());
  known.outputs = std::move(*outputs);
  if (!some_reach_out_) some_reach_out_ = !layout_.nested_in(known.dir).empty();
  return {};
}

/// A file that a root target makes in a package is represented, too, by the key of that target: but only for
/// those who depend on it.
Status PartsFinder::find_made(const Target& target, TargetParts& parts) {
  const KnownTarget& itself = known_.find(target.id)->second;
  if (itself.outputs) parts.made.push_back({parts.dir, itself.outputs, MadeFiles::Which::all});
  if (some_reach_out_) {
    base::StringSet seen;
    std::vector<std::string> open = itself.dependencies;
    while (!open.empty()) {
      const std::string id = std::move(open.back());
      open.pop_back();
      const auto known = known_.find(id);
      if (known == known_.end() || !seen.insert(id).second) continue;
      open.insert(open.end(), known->second.dependencies.begin(), known->second.dependencies.end());
      if (known->second.outputs && !layout_.nested_in(known->second.dir).empty())
        parts.made.push_back({known->second.dir, known->second.outputs, MadeFiles::Which::untracked});
    }
  }
  const InputSet& with_outputs = *parts.inputs;
  for (const MadeFiles& made : parts.made) {
    STILLAGE_ASSIGN(parts.inputs, sets_.without(parts.inputs, made));
    STILLAGE_ASSIGN(parts.environment, sets_.without(parts.environment, made));
    if (made.which == MadeFiles::Which::all) continue;
    for (auto& [dir, set] : parts.dependency_inputs) {
      STILLAGE_ASSIGN(set, sets_.without(set, made));
    }
  }
  return check_sources(target, with_outputs, parts);
}

/// Sources that match the target's outputs are part of no key: told, and an error where nothing else is left,
/// as such a key stays the same whatever is edited.
Status PartsFinder::check_sources(const Target& target, const InputSet& with_outputs,
                                  const TargetParts& parts) {
  if (checked_.contains(target.id)) return {};
  const std::vector<FileId>& left = parts.inputs->files;
  std::vector<FileId> lost;
  if (&with_outputs != parts.inputs)
    std::set_difference(with_outputs.files.begin(), with_outputs.files.end(), left.begin(), left.end(),
                        std::back_inserter(lost),
                        [this](FileId a, FileId b) { return table_.path(a) < table_.path(b); });
  std::erase_if(lost, [this](FileId id) { return !table_.file(id).tracked; });
  const std::string where = target.outputs_origin.empty() ? "" : target.outputs_origin + ": ";
  constexpr const char* kRemedy =
      "name in `outputs` only what the task makes, or take sources away with \"!\"";
  const auto [begin, end] = table_.beneath(parts.dir);
  // Other targets of the package may leave nothing over, too, of files that are not tracked.
  if (left.empty() && (!lost.empty() || (!target.inputs && begin != end)))
    return fail(
        ErrorKind::invalid,
        fmt::format("{}declared outputs match every input{}, so that the key would be the same whatever "
                    "you edit: {}",
                    where, lost.empty() ? "" : fmt::format(" (such as {})", table_.path(lost.front())),
                    kRemedy));
  checked_.insert(target.id);
  if (!lost.empty())
    base::warn(
        fmt::format("{}outputs of {} match {} tracked file{} (the first is {}), which {} thus no input "
                    "of it: {}",
                    where, target.id, lost.size(), lost.size() == 1 ? "" : "s", table_.path(lost.front()),
                    lost.size() == 1 ? "is" : "are", kRemedy));
  return {};
}

Result<std::string> PartsFinder::dir_of(const Target& target) const {
  const workspace::Workspace& workspace = parts_.workspace;
  if (!target.package_name.empty()) {
    if (const workspace::Package* package = workspace.find(target.package_name)) return package->dir;
    if (workspace.root_package && workspace.root_package->name == target.package_name) return std::string();
    std::vector<std::string> names;
    for (const workspace::Package& package : workspace.packages) names.push_back(package.name);
    const auto nearest = base::nearest_name(target.package_name, names);
    return fail(ErrorKind::invalid,
                fmt::format("{}: there is no package {}{}", target.id, target.package_name,
                            nearest ? fmt::format("; is it {}?", *nearest) : ""));
  }
  if (target.cwd.empty()) return std::string();
  const std::string normalised = os::normalise_path(target.cwd);
  if (const auto dir = os::path_below(normalised, workspace.root)) return std::string(*dir);
  STILLAGE_ASSIGN(const std::string real, os::real_path(normalised));
  if (const auto dir = os::path_below(real, workspace.root)) return std::string(*dir);
  return fail(ErrorKind::invalid,
              fmt::format("{}: {} is not inside {}", target.id, target.cwd, workspace.root));
}

const workspace::Package* PartsFinder::package_in(const std::string& dir) const {
  if (const auto index = parts_.workspace.index_of_dir(dir)) return &parts_.workspace.packages[*index];
  if (parts_.workspace.root_package) return &*parts_.workspace.root_package;
  return nullptr;
}

Result<const Closure*> PartsFinder::closure_of(const workspace::Package& package) {
  std::unique_ptr<Closure>& closure = closures_[&package];
  if (!closure) {
    STILLAGE_ASSIGN(std::string digest, parts_.lock.closure_digest(package));
    closure = std::make_unique<Closure>(parts_.lock, package, std::move(digest));
  }
  return closure.get();
}

Status PartsFinder::find_closures(const std::vector<const Target*>& targets) {
  std::set<const workspace::Package*> wanted;
  for (const Target* target : targets) {
    STILLAGE_ASSIGN(const std::string dir, dir_of(*target));
    const workspace::Package* package = package_in(dir);
    if (package != nullptr && !closures_.contains(package)) wanted.insert(package);
  }
  const std::vector<const workspace::Package*> packages(wanted.begin(), wanted.end());
  std::vector<Result<std::string>> digests(packages.size());
  os::parallel_for(packages.size(), 8,
                   [&](std::size_t i) { digests[i] = parts_.lock.closure_digest(*packages[i]); });
  for (std::size_t i = 0; i < packages.size(); ++i) {
    STILLAGE_ASSIGN(std::string digest, std::move(digests[i]));
    closures_[packages[i]] = std::make_unique<Closure>(parts_.lock, *packages[i], std::move(digest));
  }
  return {};
}

const std::vector<std::size_t>& PartsFinder::transitive_dependencies(std::size_t package) {
  const auto [it, is_new] = transitive_.try_emplace(package);
  if (!is_new) return it->second;
  std::vector<bool> seen(parts_.graph.dependencies.size());
  seen[package] = true;
  std::vector<std::size_t> open = {package};
  while (!open.empty()) {
    const std::size_t next = open.back();
    open.pop_back();
    for (const std::size_t dependency : parts_.graph.dependencies[next]) {
      if (seen[dependency]) continue;
      seen[dependency] = true;
      open.push_back(dependency);
      it->second.push_back(dependency);
    }
  }
  std::sort(it->second.begin(), it->second.end(), [this](std::size_t a, std::size_t b) {
    return parts_.workspace.packages[a].dir < parts_.workspace.packages[b].dir;
  });
  return it->second;
}

Status PartsFinder::find_inputs(const Target& target, TargetParts& parts) {
  if (target.inputs) {
    const SplitInputs split = split_inputs(*target.inputs);
    const auto only_takes_away = [](const std::vector<std::string>& entries) {
      return !entries.empty() && std::all_of(entries.begin(), entries.end(), takes_away);
    };
    if (only_takes_away(split.own) || only_takes_away(split.of_dependencies))
      base::warn_once(
          "inputs that only take away " + identity_of(*target.inputs),
          fmt::format("inputs of {}: entries with \"!\" alone select nothing; put \"**/*\" before them",
                      target.id));
    STILLAGE_ASSIGN(parts.inputs, sets_.of_patterns(parts.dir, split.own));
    const auto package = parts_.workspace.index_of_dir(parts.dir);
    if (!split.of_dependencies.empty() && !package)
      return fail(
          ErrorKind::invalid,
          "inputs with \"^\" mean the packages that a package depends on, and the root is none; name their "
          "files, as in \"packages/*/src/**\"");
    if (!split.of_dependencies.empty() && package) {
      for (const std::size_t index : transitive_dependencies(*package)) {
        const std::string& dir = parts_.workspace.packages[index].dir;
        STILLAGE_ASSIGN(InputSet * set, sets_.of_patterns(dir, split.of_dependencies));
        parts.dependency_inputs.emplace_back(dir, set);
      }
    }
  } else {
    STILLAGE_ASSIGN(parts.inputs, sets_.of_package(parts.dir));
  }
  const auto& environment_glob =
      target.environment_glob ? target.environment_glob : options_.environment_glob;
  if (environment_glob) {
    STILLAGE_ASSIGN(parts.environment, sets_.of_patterns("", *environment_glob));
  } else {
    STILLAGE_ASSIGN(parts.environment, sets_.of_root());
  }
  return find_made(target, parts);
}

/// The lockfile and the package.json files: names, scripts and dependencies are taken from them.
Status PartsFinder::find_sources(TargetParts& parts) {
  std::vector<std::string> paths = {"package.json"};
  if (!parts_.workspace.lock_file.empty()) paths.push_back(parts_.workspace.lock_file);
  if (!parts.dir.empty() && parts.package != nullptr)
    paths.push_back(os::join_path(parts.package->dir, "package.json"));
  for (const std::string& path : paths) {
    STILLAGE_ASSIGN(const auto id, table_.add(path));
    if (id && std::find(parts.sources.begin(), parts.sources.end(), *id) == parts.sources.end())
      parts.sources.push_back(*id);
  }
  return {};
}

Result<TargetParts> PartsFinder::find(const Target& target) {
  STILLAGE_TRY(note(target));
  TargetParts parts;
  STILLAGE_ASSIGN(parts.dir, dir_of(target));
  parts.package = package_in(parts.dir);
  if (auto status = find_inputs(target, parts); !status) return fail_in(target.id, std::move(status).error());
  if (parts.package != nullptr) {
    STILLAGE_ASSIGN(parts.closure, closure_of(*parts.package));
    for (const std::string& path : parts.package->local_dependencies) {
      STILLAGE_ASSIGN(const ContentSet* content, links_.local_package(path));
      parts.local_packages.emplace_back(path, content);
    }
    const auto [patches, is_new] = patch_files_.try_emplace(parts.package);
    if (is_new) patches->second = parts_.lock.patch_files(*parts.package);
    for (const std::string& path : patches->second) {
      STILLAGE_ASSIGN(const auto id, table_.add(path));
      parts.patches.emplace_back(path, id);
    }
  }
  STILLAGE_TRY(find_sources(parts));
  return parts;
}

}  // namespace stillage::hasher
