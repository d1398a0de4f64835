// SPDX-License-Identifier: MIT
#include "workspace/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <unordered_set>

#include "base/hex.h"
#include "base/log.h"
#include "base/stages.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "os/text_memory.h"
#include "workspace/closure_graph.h"
#include "workspace/lock_memory.h"
#include "workspace/package_graph.h"
#include "workspace/parsed_lock.h"
#include "workspace/patch_folder.h"

namespace stillage::workspace {
namespace {

constinit base::Stage kLockfileStage("lockfile");
constexpr std::uint64_t kLargestLock = 512U << 20;

/// What one workspace package starts from.
struct Start {
  std::vector<LockEdge> edges;     ///< of all four kinds
  std::vector<std::string> texts;  ///< sorted; whole lock files of its own among them
};

std::string whole_file_text(const std::string& path, std::string_view content) {
  return fmt::format("{} (whole file)\x1f{}", path, base::to_hex(base::sha256(content)));
}

Status append_whole_file(const Workspace& workspace, const std::string& path,
                         std::vector<std::string>& texts) {
  STILLAGE_ASSIGN(const auto content,
                  os::read_file_if_any(os::join_path(workspace.root, path), kLargestLock));
  if (content) texts.push_back(whole_file_text(path, *content));
  return {};
}

LockResult parse(const Workspace& workspace, std::string_view text) {
  const std::string& path = workspace.lock_file;
  const std::string_view name = os::file_name(path);
  const bool rush = workspace.manager == PackageManager::rush;
  if (name == "pnpm-lock.yaml") return parse_pnpm_lock(text, path, rush ? "common/temp" : "");
  if (name == "yarn.lock") {
    if (text.find("\n__metadata:") != std::string_view::npos || text.starts_with("__metadata:"))
      return parse_berry_lock(text, path);
    return parse_yarn_lock(text, path);
  }
  // Rush installs with npm through made-up packages, whose places tell nothing about ours.
  if ((name == "package-lock.json" || name == "npm-shrinkwrap.json") && !rush)
    return parse_npm_lock(text, path);
  return fail(ErrorKind::unsupported, fmt::format("{}: is not understood entry by entry", path));
}

}  // namespace

/// A lock file that was understood, or could not be.
struct LockFile::Understood {
  static Result<std::unique_ptr<Understood>> load(const Workspace& workspace, std::string_view text);
  Status read(const Workspace& workspace, std::string_view text);
  Status add_common_files(const Workspace& workspace);
  Status build(const Workspace& workspace);
  std::vector<LockEdge> edges_of(const Workspace& workspace, const Package& package, bool with_dev) const;
  Result<const Start*> start_of(const Package& package) const;
  ClosureGraph::Marks marks_of(const Start& start) const;
  std::vector<std::string> direct_texts(const Start& start) const;

  std::string root;
  bool whole_file = false;
  std::unique_ptr<ParsedLock> parsed = nullptr;
  std::vector<LockNode> nodes;
  base::StringMap<NodeId> package_nodes;  ///< by the package's folder
  base::StringMap<Start> starts;          ///< by the package's folder
  std::vector<std::string> common;        ///< in every closure, sorted
  std::unique_ptr<ClosureGraph> graph;
  ClosureGraph::Marks root_marks;
  std::vector<LockPatch> patches;
};

Status LockFile::Understood::read(const Workspace& workspace, std::string_view text) {
  root = workspace.root;
  if (workspace.lock_file.empty()) {
    if (!workspace.overrides_text.empty()) common.push_back("overrides\x1f" + workspace.overrides_text);
    return {};
  }
  const std::string path = os::join_path(workspace.root, workspace.lock_file);
  auto result = parse(workspace, text);
  if (result) {
    parsed = std::move(*result);
  } else {
    whole_file = true;
    common.push_back(whole_file_text(workspace.lock_file, text));
    base::warn_once(
        "lock file " + path,
        fmt::format("{}; every key contains the whole file, so each change of it is a miss everywhere",
                    result.error().message));
  }
  return {};
}

/// Rush's subspaces have lock files of their own, which stand in every key as a whole.
Status LockFile::Understood::add_common_files(const Workspace& workspace) {
  const std::string subspaces = "common/config/subspaces";
  if (workspace.manager == PackageManager::rush && os::is_directory(os::join_path(root, subspaces))) {
    STILLAGE_ASSIGN(const auto entries, os::list_dir(os::join_path(root, subspaces)));
    for (const auto& entry : entries)
      STILLAGE_TRY(
          append_whole_file(workspace, fmt::format("{}/{}/pnpm-lock.yaml", subspaces, entry.name), common));
  }
  std::sort(common.begin(), common.end());
  return {};
}

/// What a package's dependencies lead to: the lock's nodes, a workspace package's node, or nothing known.
std::vector<LockEdge> LockFile::Understood::edges_of(const Workspace& workspace, const Package& package,
                                                     bool with_dev) const {
  std::vector<LockEdge> edges;
  const auto add = [&](const std::vector<DependencyRange>& list) {
    for (const auto& dependency : list) {
      LockEdge edge{dependency.name, dependency.range, {}};
      if (parsed) edge.targets = parsed->resolve(package.dir, dependency);
      if (edge.targets.empty()) {
        if (const auto internal = internal_dependency(workspace, package, dependency))
          edge.targets.push_back(package_nodes.find(workspace.packages[*internal].dir)->second);
        else if (parsed)
          edge.targets = parsed->candidates(dependency.name);
      }
      edges.push_back(std::move(edge));
    }
  };
  add(package.dependencies);
  add(package.peer_dependencies);
  add(package.optional_dependencies);
  if (with_dev) add(package.dev_dependencies);
  return edges;
}

Status LockFile::Understood::build(const Workspace& workspace) {
  if (parsed) nodes = std::move(parsed->nodes);
  const std::size_t lock_nodes = nodes.size();
  std::vector<const Package*> packages;
  for (const auto& package : workspace.packages) packages.push_back(&package);
  if (workspace.root_package) packages.push_back(&*workspace.root_package);
  for (const Package* const package : packages) {
    package_nodes.try_emplace(package->dir, static_cast<NodeId>(nodes.size()));
    LockNode& node = nodes.emplace_back();
    node.name = package->name;
    node.label = fmt::format("{} (workspace)", package->name);
  }
  // A workspace package counts with the dependencies of its package.json, whatever node the lock has for it.
  std::vector<NodeId> meant(nodes.size());
  for (NodeId i = 0; i < nodes.size(); ++i) {
    meant[i] = i;
    if (i >= lock_nodes || !nodes[i].folder) continue;
    if (const auto found = package_nodes.find(*nodes[i].folder); found != package_nodes.end())
      meant[i] = found->second;
  }
  const auto redirect = [&](std::vector<LockEdge>& edges) {
    for (LockEdge& edge : edges)
      for (NodeId& target : edge.targets) target = meant[target];
  };
  for (std::size_t i = 0; i < lock_nodes; ++i) redirect(nodes[i].edges);
  const bool locks_of_their_own = workspace.lock_file.empty() || workspace.manager == PackageManager::lerna;
  for (const Package* const package : packages) {
    auto& node = nodes[package_nodes.find(package->dir)->second];
    node.edges = edges_of(workspace, *package, false);
    redirect(node.edges);
    Start& start = starts[package->dir];
    start.edges = edges_of(workspace, *package, true);
    redirect(start.edges);
    const bool known = !parsed || parsed->knows(package->dir);
    if (!known) STILLAGE_TRY(append_whole_file(workspace, workspace.lock_file, start.texts));
    if (!package->dir.empty() && (!known || locks_of_their_own))
      for (const char* const name :
           {"npm-shrinkwrap.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock"})
        STILLAGE_TRY(append_whole_file(workspace, os::join_path(package->dir, name), start.texts));
  }
  graph = std::make_unique<ClosureGraph>(nodes);
  for (auto& [dir, start] : starts) {
    for (const LockEdge& edge : start.edges)
      start.texts.push_back(fmt::format("{} ({})\x1f{}", edge.name, dir.empty() ? "of the root" : "direct",
                                        graph->edge_text(edge)));
    std::sort(start.texts.begin(), start.texts.end());
    start.texts.erase(std::unique(start.texts.begin(), start.texts.end()), start.texts.end());
  }
  root_marks = graph->no_marks();
  if (const auto of_root = starts.find(""); of_root != starts.end())
    for (const LockEdge& edge : of_root->second.edges)
      for (const NodeId target : edge.targets) graph->mark(target, root_marks);
  return {};
}

Result<const Start*> LockFile::Understood::start_of(const Package& package) const {
  const auto found = starts.find(package.dir);
  if (found == starts.end())
    return fail(ErrorKind::invalid,
                fmt::format("{} in {} is not a package of this workspace", package.name, package.dir));
  return &found->second;
}

ClosureGraph::Marks LockFile::Understood::marks_of(const Start& start) const {
  ClosureGraph::Marks marks = root_marks;
  for (const LockEdge& edge : start.edges)
    for (const NodeId target : edge.targets) graph->mark(target, marks);
  return marks;
}

/// Everything in a package's closure that is not a node: sorted and unique.
std::vector<std::string> LockFile::Understood::direct_texts(const Start& start) const {
  std::vector<std::string> texts = common;
  texts.insert(texts.end(), start.texts.begin(), start.texts.end());
  if (const auto of_root = starts.find(""); of_root != starts.end())
    texts.insert(texts.end(), of_root->second.texts.begin(), of_root->second.texts.end());
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

Result<std::unique_ptr<LockFile::Understood>> LockFile::Understood::load(const Workspace& workspace,
                                                                         std::string_view text) {
  auto understood = std::make_unique<Understood>();
  STILLAGE_TRY(understood->read(workspace, text));
  STILLAGE_TRY(understood->add_common_files(workspace));
  STILLAGE_TRY(understood->build(workspace));
  if (understood->parsed) understood->patches = std::move(understood->parsed->patches);
  understood->nodes = {};
  return understood;
}

struct LockFile::State {
  explicit State(const Workspace& of, std::string facts_file)
      : workspace(of), memory(std::move(facts_file)) {}

  /// The lock file understood, which is done at most once, and only if somebody has to know.
  Result<const Understood*> understand() const {
    const std::lock_guard lock(understanding);
    if (!understood) {
      STILLAGE_ASSIGN(understood, Understood::load(workspace, text));
    }
    return understood.get();
  }

  const Workspace& workspace;
  std::string memory;  ///< the state file; "" for none
  os::TextMemory own_texts;
  std::string_view text;
  std::vector<LockPatch> root_patches;         ///< in the root's patches folder
  std::optional<base::Sha256Digest> identity;  ///< of what may be remembered
  bool is_remembered = false;
  mutable std::mutex understanding;
  mutable std::unique_ptr<const Understood> understood;
  mutable std::mutex mutex;
  mutable LockFacts facts;
  mutable bool knows_more = false;  ///< than the state file
};

LockFile::LockFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
LockFile::~LockFile() = default;

Result<std::unique_ptr<LockFile>> LockFile::load(const Workspace& workspace, const LockMemory& memory) {
  const base::StageTimer timer(kLockfileStage);
  auto state = std::make_unique<State>(workspace, memory.facts);
  if (!workspace.lock_file.empty()) {
    const std::string path = os::join_path(workspace.root, workspace.lock_file);
    os::TextMemory& texts = memory.texts != nullptr ? *memory.texts : state->own_texts;
    STILLAGE_ASSIGN(const auto text, texts.read(AT_FDCWD, path, os::Links::follow, kLargestLock));
    if (!text) return fail(ErrorKind::io, fmt::format("cannot read {}: it is no file", path));
    state->text = *text;
  }
  append_patch_folder(workspace.root, "", state->root_patches);
  if (!state->memory.empty()) state->identity = identity_of(workspace, state->text);
  if (state->identity) {
    if (auto facts = read_lock_facts(state->memory, *state->identity)) {
      state->facts = std::move(*facts);
      state->is_remembered = true;
      return std::unique_ptr<LockFile>(new LockFile(std::move(state)));
    }
  }
  STILLAGE_ASSIGN(const Understood* const understood, state->understand());
  state->facts.patches = understood->patches;
  if (understood->whole_file) state->identity.reset();
  return std::unique_ptr<LockFile>(new LockFile(std::move(state)));
}

bool LockFile::is_whole_file() const {
  return !state_->is_remembered && state_->understood->whole_file;
}

Status LockFile::remember() const {
  const std::lock_guard lock(state_->mutex);
  if (!state_->identity || !state_->knows_more) return {};
  state_->knows_more = false;
  return write_lock_facts(state_->memory, *state_->identity, state_->facts);
}

Result<std::vector<std::string>> LockFile::closure(const Package& package) const {
  std::vector<std::string> texts;
  STILLAGE_TRY(tell_closure(package, [&](std::string_view text, const auto*) { texts.emplace_back(text); }));
  return texts;
}

void LockFile::get_ready() const {
  (void)state_->understand();
}

Status LockFile::tell_closure(const Package& package, const TakeText& take) const {
  STILLAGE_ASSIGN(const Understood* const understood, state_->understand());
  STILLAGE_ASSIGN(const Start* const start, understood->start_of(package));
  const auto marks = understood->marks_of(*start);
  const auto direct = understood->direct_texts(*start);
  const ClosureGraph& graph = *understood->graph;
  auto next = direct.begin();
  for (std::size_t rank = 0; rank < marks.size(); ++rank) {
    if (!marks[rank]) continue;
    for (; next != direct.end() && *next < graph.text(rank); ++next) take(*next, nullptr);
    take(graph.text(rank), &graph.digest(rank));
  }
  for (; next != direct.end(); ++next) take(*next, nullptr);
  return {};
}

Result<std::string> LockFile::closure_digest(const Package& package) const {
  {
    const std::lock_guard lock(state_->mutex);
    const auto& known = state_->facts.closure_digests;
    if (const auto found = known.find(package.dir); found != known.end()) return found->second;
  }
  STILLAGE_ASSIGN(const Understood* const understood, state_->understand());
  STILLAGE_ASSIGN(const Start* const start, understood->start_of(package));
  const auto marks = understood->marks_of(*start);
  const auto direct = understood->direct_texts(*start);
  std::string bytes;
  bytes.reserve((direct.size() + marks.size() + 1) * sizeof(base::Sha256Digest));
  const auto add = [&](const base::Sha256Digest& part) {
    bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
  };
  for (const auto& text : direct) add(base::sha256(text));
  // A marker between the two kinds, as long as a digest.
  add({});
  for (std::size_t rank = 0; rank < marks.size(); ++rank)
    if (marks[rank]) add(understood->graph->digest(rank));
  std::string digest = base::to_hex(base::sha256(bytes));
  const std::lock_guard lock(state_->mutex);
  state_->knows_more = true;
  return state_->facts.closure_digests.try_emplace(package.dir, std::move(digest)).first->second;
}

std::vector<std::string> LockFile::patch_files(const Package& package) const {
  const std::string& root = state_->workspace.root;
  std::vector<LockPatch> patches = state_->facts.patches;
  for (const auto& [what, file] : state_->workspace.patched_dependencies)
    patches.push_back({what.substr(0, what.find('@', 1)), os::normalise_path(file)});
  patches.insert(patches.end(), state_->root_patches.begin(), state_->root_patches.end());
  if (!package.dir.empty()) append_patch_folder(root, package.dir, patches);
  std::vector<std::string> files;
  if (patches.empty()) return files;
  const auto understood = state_->understand();
  const auto start = understood ? (*understood)->start_of(package) : tl::make_unexpected(understood.error());
  if (!start) return files;
  std::unordered_set<std::string_view> names;
  if ((*understood)->parsed) {
    const auto marks = (*understood)->marks_of(**start);
    for (std::size_t rank = 0; rank < marks.size(); ++rank)
      if (marks[rank]) names.insert((*understood)->graph->package_name(rank));
  }
  for (auto& patch : patches)
    if ((!(*understood)->parsed || names.contains(patch.package_name)) &&
        os::exists(os::join_path(root, patch.file)))
      files.push_back(std::move(patch.file));
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

}  // namespace stillage::workspace
