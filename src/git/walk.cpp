// SPDX-License-Identifier: MIT
#include "git/walk.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <span>
#include <thread>

#include "base/hex.h"
#include "base/log.h"
#include "base/stages.h"
#include "git/folder_reader.h"
#include "git/git_command.h"
#include "git/index.h"
#include "git/index_children.h"
#include "git/shared_jobs.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"
#include "os/thread_pool.h"

namespace stillage::git {
namespace {

constinit base::Stage kWalkStage("walk");
constexpr std::size_t kMaxThreads = 8;

/// A repository in the walk (or the plain tree around them): its index, and a slot for the file of each
/// entry.
struct Territory {
  std::shared_ptr<const Place> place;
  std::string top;
  Index index;
  IndexRange range;               ///< the entries below the walk's root
  std::vector<ListedFile> slots;  ///< one for each of those; an empty path where no file was found

  const IndexEntry& entry(std::size_t i) const { return index.entries()[i]; }
};

/// A folder to visit, with the index entries below it.
struct Job {
  Territory* territory = nullptr;
  std::string dir;  ///< from the repository's top, "" or with a '/' at its end
  IndexRange range;
  RuleScopePtr scope;
  bool ignored = false;
  bool may_be_repository = false;
  bool exact = true;  ///< found in the index by its very name, not only by core.ignorecase

  IndexChildren children() const {
    return {territory->index, range, dir.size(), territory->place->letter_case};
  }
};

/// What one thread has found.
struct Findings {
  std::vector<ListedFile> files;
  std::vector<std::pair<std::string, WalkedDir>> dirs;
  FolderReader::Seen seen;
};

/// The stats of a folder's files of rules.
struct RuleFiles {
  std::optional<os::FileStat> ignores;
  std::optional<os::FileStat> attributes;

  /// That of `name`, if it is one of them and there.
  const os::FileStat* find(std::string_view name) const {
    if (name == ".gitignore" && ignores) return &*ignores;
    if (name == ".gitattributes" && attributes) return &*attributes;
    return nullptr;
  }
};

class Walker {
 public:
  Walker(const std::string& root, const WalkMemory& memory) : root_(root), memory_(memory) {
    if (memory_.texts != nullptr) texts_ = memory_.texts;
  }

  Result<WalkResult> run();

 private:
  Status start();
  Result<Territory*> add_territory(const Repository* repository, Place place);
  Status start_in_repository(const Repository& repository, std::string below);
  void start_without_git();
  Status visit(Job job, std::vector<Job>& found_jobs, Findings& findings);
  Result<RuleScopePtr> enter(const Job& job, int dir, const std::string& prefix, const RuleFiles& files,
                             const IndexChildren& children);
  Status take_file(const Job& job, const LookedInto& folder, const LookedInto::Name& found,
                   const RuleFiles& rule_files, const IndexChildren& children, Findings& findings);
  void take_dir(const Job& job, const LookedInto::Name& found, const IndexChildren& children,
                std::vector<Job>& found_jobs);
  void work(Findings& findings);
  WalkResult assemble(std::vector<Findings>& findings);

  std::string root_;
  WalkMemory memory_;
  os::TextMemory own_texts_;
  os::TextMemory* texts_ = &own_texts_;
  FolderReader folders_;
  os::Fd root_dir_;
  bool has_git_ = false;
  std::mutex mutex_;
  std::vector<Job> start_;
  SharedJobs<Job> jobs_;
  std::optional<Error> error_;
  std::vector<std::unique_ptr<Territory>> territories_;
};

Result<Territory*> Walker::add_territory(const Repository* repository, Place place) {
  auto territory = std::make_unique<Territory>();
  if (repository != nullptr) {
    place.letter_case = repository->settings().letter_case;
    place.has_git = true;
    territory->top = repository->top();
    STILLAGE_ASSIGN(territory->index, Index::load(*repository));
    territory->range = entries_below(territory->index, {0, territory->index.entries().size()}, place.below);
    territory->slots.resize(territory->range.last - territory->range.first);
  }
  territory->place = std::make_shared<const Place>(std::move(place));
  const std::lock_guard lock(mutex_);
  territories_.push_back(std::move(territory));
  return territories_.back().get();
}

/// The scope inside the job's folder: `job.scope` and the folder's own files, which lie behind `prefix`, from
/// the open folder `dir`.
Result<RuleScopePtr> Walker::enter(const Job& job, int dir, const std::string& prefix, const RuleFiles& files,
                                   const IndexChildren& children) {
  const LetterCase letter_case = job.territory->place->letter_case;
  IgnoreList ignores;
  if (files.ignores && !job.ignored) {
    STILLAGE_ASSIGN(ignores,
                    read_ignore_file(*texts_, dir, prefix + ".gitignore", *files.ignores, letter_case));
  } else if (const IndexChild* const child = children.find(".gitignore", false);
             child != nullptr && !files.ignores && !job.ignored) {
    // Left out by a sparse checkout, but in force.
    const IndexEntry& entry = job.territory->entry(child->entries.first);
    if (entry.skip_worktree && entry.stage == 0) {
      const auto id =
          std::span(reinterpret_cast<const std::uint8_t*>(entry.object_id.data()), entry.object_id.size());
      const auto content = ask_git(job.territory->top, {"cat-file", "blob", base::to_hex(id)});
      if (content)
        ignores = IgnoreList(*content, letter_case);
      else
        base::warn_once("git-sparse-ignores", content.error().message);
    }
  }
  ConversionRules conversions;
  if (files.attributes) {
    STILLAGE_ASSIGN(conversions, read_attributes_file(*texts_, dir, prefix + ".gitattributes",
                                                      *files.attributes, letter_case));
  } else if (children.find(".gitattributes", false) != nullptr) {
    conversions = ConversionRules::any_path();  // git would take it from the index
  }
  return RuleScope::extend(job.scope, job.dir, std::move(ignores), std::move(conversions));
}

/// Enters the folders from the repository's top down to the root, for their rules.
Status Walker::start_in_repository(const Repository& repository, std::string below) {
  STILLAGE_ASSIGN(Territory* const territory, add_territory(&repository, Place{.mount = "", .below = below}));
  STILLAGE_ASSIGN(const RuleScopePtr scope, RuleScope::of_repository(repository));
  Job job{.territory = territory, .dir = "", .range = {0, territory->index.entries().size()}, .scope = scope};
  while (job.dir.size() < below.size()) {
    const IndexChildren children = job.children();
    const std::string prefix = repository.top() + '/' + job.dir;
    RuleFiles files;
    STILLAGE_ASSIGN(files.ignores, os::stat_path(prefix + ".gitignore"));
    STILLAGE_ASSIGN(files.attributes, os::stat_path(prefix + ".gitattributes"));
    STILLAGE_ASSIGN(job.scope, enter(job, AT_FDCWD, prefix, files, children));

    const std::size_t slash = below.find('/', job.dir.size());
    const std::string name = below.substr(job.dir.size(), slash - job.dir.size());
    job.ignored = job.ignored || job.scope->ignores(below.substr(0, slash), os::FileKind::directory);
    const IndexChild* child = children.find(name, true);
    if (child == nullptr) child = children.find_folded(name, true);
    job.range = child == nullptr ? IndexRange() : child->entries;
    job.dir = below.substr(0, slash + 1);
  }
  if (job.ignored && job.range.empty()) {
    // The repository does not know of this workspace: as if it were not there.
    territories_.clear();
    start_without_git();
    return {};
  }
  has_git_ = true;
  // Entries under another spelling of the root's path have no slots.
  job.exact = job.range.first >= territory->range.first && job.range.last <= territory->range.last;
  start_.push_back(std::move(job));
  return {};
}

void Walker::start_without_git() {
  // Nothing to load, so it cannot fail.
  start_.push_back(
      {.territory = *add_territory(nullptr, Place{}), .dir = "", .range = {}, .scope = RuleScope::none()});
}

Status Walker::start() {
  STILLAGE_ASSIGN(root_dir_, os::open_path(root_, O_RDONLY | O_DIRECTORY));
  folders_ = FolderReader(root_dir_.get(), root_, memory_.folders);
  const auto repository = Repository::discover(root_);
  if (!repository) {
    start_without_git();
    return {};
  }
  std::string below(os::path_below(root_, repository->top()).value_or(""));
  if (!below.empty()) below += '/';
  return start_in_repository(*repository, std::move(below));
}

Status Walker::take_file(const Job& job, const LookedInto& folder, const LookedInto::Name& found,
                         const RuleFiles& rule_files, const IndexChildren& children, Findings& findings) {
  Territory& territory = *job.territory;
  const IndexChild* child = children.find(found.text, false);
  const bool exact = child != nullptr && job.exact;
  if (child == nullptr) child = children.find_folded(found.text, false);

  ListedFile file{
      .path = folder.from_root(found.text), .stat = {}, .tracked = child != nullptr, .clean_id = {}};
  const auto in_repository = [&] { return territory.place->in_repository(file.path); };
  if (child == nullptr && (job.ignored || job.scope->ignores(in_repository(), found.kind))) return {};
  if (const os::FileStat* const known = rule_files.find(found.text)) {
    file.stat = *known;
  } else {
    STILLAGE_ASSIGN(const auto stat, folder.stat(found.text, file.path));
    if (!stat || (!stat->is_regular() && !stat->is_symlink())) return {};
    file.stat = *stat;
  }
  if (!exact) {
    findings.files.push_back(std::move(file));
    return {};
  }
  const IndexEntry& entry = territory.entry(child->entries.first);
  file.clean_id = territory.index.unchanged_id(entry, file.stat);
  const bool may_convert =
      file.stat.is_regular() && job.scope->converts_any() && job.scope->may_convert(in_repository());
  if (may_convert) file.clean_id.reset();
  territory.slots[child->entries.first - territory.range.first] = std::move(file);
  return {};
}

void Walker::take_dir(const Job& job, const LookedInto::Name& found, const IndexChildren& children,
                      std::vector<Job>& found_jobs) {
  const std::string path = job.dir + std::string(found.text);
  const IndexChild* child = children.find(found.text, true);
  const bool exact = child != nullptr && job.exact;
  if (child == nullptr) child = children.find_folded(found.text, true);
  const IndexChild* const file_entry = children.find(found.text, false);
  const bool is_submodule =
      file_entry != nullptr && job.territory->entry(file_entry->entries.first).is_submodule();

  Job below{.territory = job.territory,
            .dir = path + '/',
            .range = child == nullptr ? IndexRange() : child->entries,
            .scope = job.scope,
            .ignored = job.ignored || job.scope->ignores(path, os::FileKind::directory),
            .may_be_repository = child == nullptr,
            .exact = exact};
  if (!job.territory->place->has_git && found.text == "node_modules") return;
  if (below.ignored && child == nullptr && !is_submodule) return;
  found_jobs.push_back(std::move(below));
}

Status Walker::visit(Job job, std::vector<Job>& found_jobs, Findings& findings) {
  const Place& place = *job.territory->place;
  std::string from_root = place.from_root(job.dir);
  if (from_root.ends_with('/')) from_root.pop_back();
  STILLAGE_ASSIGN(const auto looked_into, folders_.look_into(from_root, findings.seen));
  if (!looked_into) return {};
  const LookedInto& folder = *looked_into;

  if (job.may_be_repository && folder.has(".git")) {
    if (const auto repository = Repository::open(os::join_path(root_, from_root))) {
      STILLAGE_ASSIGN(Territory* const nested,
                      add_territory(&*repository, Place{.mount = from_root + '/', .below = ""}));
      STILLAGE_ASSIGN(RuleScopePtr scope, RuleScope::of_repository(*repository));
      found_jobs.push_back(
          {.territory = nested, .dir = "", .range = nested->range, .scope = std::move(scope)});
      return {};
    }
  }
  // An ignored submodule without a repository in it.
  if (job.ignored && job.may_be_repository) return {};

  const IndexChildren children = job.children();
  RuleFiles rule_files;
  if (folder.has(".gitignore")) {
    STILLAGE_ASSIGN(rule_files.ignores, folder.stat(".gitignore", folder.from_root(".gitignore")));
  }
  if (folder.has(".gitattributes")) {
    STILLAGE_ASSIGN(rule_files.attributes, folder.stat(".gitattributes", folder.from_root(".gitattributes")));
  }
  STILLAGE_ASSIGN(job.scope, enter(job, root_dir_.get(), folder.from_root(""), rule_files, children));
  for (const LookedInto::Name& found : folder.names()) {
    if (equal_text(found.text, ".git", place.letter_case) || os::is_temp_name(found.text)) continue;
    if (found.kind == os::FileKind::directory)
      take_dir(job, found, children, found_jobs);
    else if (found.kind != os::FileKind::other)
      STILLAGE_TRY(take_file(job, folder, found, rule_files, children, findings));
  }
  findings.dirs.emplace_back(std::move(from_root), WalkedDir{job.territory->place, job.scope, job.ignored});
  return {};
}

void Walker::work(Findings& findings) {
  std::vector<Job> own;
  while (!own.empty() || jobs_.take(own)) {
    Job job = std::move(own.back());
    own.pop_back();
    if (const Status visited = visit(std::move(job), own, findings); !visited) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = visited.error();
      jobs_.stop();
      return;
    }
    jobs_.share(own);
  }
}

WalkResult Walker::assemble(std::vector<Findings>& findings) {
  const auto by_path = [](const ListedFile& a, const ListedFile& b) { return a.path < b.path; };
  WalkResult result{.files = {}, .missing = {}, .dirs = {}, .folders = {}, .has_git = has_git_};
  for (const auto& territory : territories_) {
    for (std::size_t i = territory->range.first; i < territory->range.last; ++i) {
      const bool further_stage =
          i > territory->range.first && territory->entry(i).path == territory->entry(i - 1).path;
      if (territory->slots[i - territory->range.first].path.empty() && !further_stage)
        result.missing.push_back(territory->place->from_root(territory->entry(i).path));
    }
    std::erase_if(territory->slots, [](const ListedFile& file) { return file.path.empty(); });
  }
  std::sort(result.missing.begin(), result.missing.end());

  // The slots of the first are in order already; those of nested repositories fall in between.
  result.files = std::move(territories_.front()->slots);
  const auto in_order = static_cast<std::ptrdiff_t>(result.files.size());
  const auto add = [&](std::vector<ListedFile>& files) {
    std::move(files.begin(), files.end(), std::back_inserter(result.files));
  };
  for (std::size_t i = 1; i < territories_.size(); ++i) add(territories_[i]->slots);
  std::size_t dirs = 0;
  for (Findings& found : findings) {
    add(found.files);
    dirs += found.dirs.size();
  }
  std::sort(result.files.begin() + in_order, result.files.end(), by_path);
  std::inplace_merge(result.files.begin(), result.files.begin() + in_order, result.files.end(), by_path);
  result.dirs.reserve(dirs);
  for (Findings& found : findings)
    for (auto& [path, dir] : found.dirs) result.dirs.emplace(std::move(path), std::move(dir));
  return result;
}

Result<WalkResult> Walker::run() {
  STILLAGE_TRY(start());
  std::vector<Findings> findings(std::min(os::cpu_count(), kMaxThreads));
  jobs_.start(std::move(start_), findings.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < findings.size(); ++i)
      threads.emplace_back([this, &mine = findings[i]] { work(mine); });
    work(findings[0]);
  }
  if (error_) return tl::make_unexpected(*error_);
  WalkResult result = assemble(findings);
  std::vector<FolderReader::Seen> seen;
  for (Findings& found : findings) seen.push_back(std::move(found.seen));
  folders_.remember(seen);
  result.folders = std::make_shared<const SeenFolders>(std::move(folders_).take_memory(), std::move(seen));
  return result;
}

}  // namespace

Result<WalkResult> walk(const std::string& root, const WalkMemory& memory) {
  const base::StageTimer timer(kWalkStage);
  return Walker(root, memory).run();
}

}  // namespace stillage::git
