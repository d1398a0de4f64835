// SPDX-License-Identifier: MIT
#include "git/walk.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>

#include "base/hex.h"
#include "base/log.h"
#include "base/stages.h"
#include "git/git_command.h"
#include "git/index.h"
#include "git/index_children.h"
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
};

class Walker {
 public:
  explicit Walker(const std::string& root) : root_(root) {}

  Result<WalkResult> run();

 private:
  Status start();
  Result<Territory*> add_territory(const Repository* repository, Place place);
  Status start_in_repository(const Repository& repository, std::string below);
  void start_without_git();
  Status visit(Job job, std::vector<Job>& found_jobs, Findings& findings);
  Result<RuleScopePtr> enter(const Job& job, int dir, const IndexChildren& children, bool has_ignores,
                             bool has_attributes) const;
  Status take_file(const Job& job, int dir, const os::DirEntry& found, const IndexChildren& children,
                   Findings& findings);
  void take_dir(const Job& job, const os::DirEntry& found, const IndexChildren& children,
                std::vector<Job>& found_jobs);
  void work(Findings& findings);
  WalkResult assemble(std::vector<Findings>& findings);

  std::string root_;
  os::Fd root_dir_;
  bool has_git_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Job> jobs_;
  std::size_t unfinished_ = 0;  ///< jobs waiting or under way
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

/// The scope inside the job's folder: `job.scope` and the folder's own files.
Result<RuleScopePtr> Walker::enter(const Job& job, int dir, const IndexChildren& children, bool has_ignores,
                                   bool has_attributes) const {
  const LetterCase letter_case = job.territory->place->letter_case;
  IgnoreList ignores;
  if (has_ignores && !job.ignored) {
    STILLAGE_ASSIGN(ignores, read_ignore_file(dir, letter_case));
  } else if (const IndexChild* const child = children.find(".gitignore", false);
             child != nullptr && !has_ignores && !job.ignored) {
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
  if (has_attributes) {
    STILLAGE_ASSIGN(conversions, read_attributes_file(dir, letter_case));
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
    STILLAGE_ASSIGN(const os::Fd dir,
                    os::open_path(os::join_path(repository.top(), job.dir), O_RDONLY | O_DIRECTORY));
    STILLAGE_ASSIGN(const auto ignore_file, os::stat_at(dir.get(), ".gitignore"));
    STILLAGE_ASSIGN(const auto attributes_file, os::stat_at(dir.get(), ".gitattributes"));
    STILLAGE_ASSIGN(job.scope,
                    enter(job, dir.get(), children, ignore_file.has_value(), attributes_file.has_value()));

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
  jobs_.push_back(std::move(job));
  return {};
}

void Walker::start_without_git() {
  // Nothing to load, so it cannot fail.
  jobs_.push_back(
      {.territory = *add_territory(nullptr, Place{}), .dir = "", .range = {}, .scope = RuleScope::none()});
}

Status Walker::start() {
  STILLAGE_ASSIGN(root_dir_, os::open_path(root_, O_RDONLY | O_DIRECTORY));
  const auto repository = Repository::discover(root_);
  if (!repository) {
    start_without_git();
    return {};
  }
  std::string below(os::path_below(root_, repository->top()).value_or(""));
  if (!below.empty()) below += '/';
  return start_in_repository(*repository, std::move(below));
}

Status Walker::take_file(const Job& job, int dir, const os::DirEntry& found, const IndexChildren& children,
                         Findings& findings) {
  Territory& territory = *job.territory;
  const IndexChild* child = children.find(found.name, false);
  const bool exact = child != nullptr && job.exact;
  if (child == nullptr) child = children.find_folded(found.name, false);

  const std::string path = job.dir + found.name;
  if (child == nullptr && (job.ignored || job.scope->ignores(path, found.kind))) return {};
  STILLAGE_ASSIGN(const auto stat, os::stat_at(dir, found.name));
  if (!stat || (!stat->is_regular() && !stat->is_symlink())) return {};

  ListedFile file{
      .path = territory.place->from_root(path), .stat = *stat, .tracked = child != nullptr, .clean_id = {}};
  if (!exact) {
    findings.files.push_back(std::move(file));
    return {};
  }
  const IndexEntry& entry = territory.entry(child->entries.first);
  file.clean_id = territory.index.unchanged_id(entry, *stat);
  if (file.clean_id && stat->is_regular() && job.scope->may_convert(path)) file.clean_id.reset();
  territory.slots[child->entries.first - territory.range.first] = std::move(file);
  return {};
}

void Walker::take_dir(const Job& job, const os::DirEntry& found, const IndexChildren& children,
                      std::vector<Job>& found_jobs) {
  const std::string path = job.dir + found.name;
  const IndexChild* child = children.find(found.name, true);
  const bool exact = child != nullptr && job.exact;
  if (child == nullptr) child = children.find_folded(found.name, true);
  const IndexChild* const file_entry = children.find(found.name, false);
  const bool is_submodule =
      file_entry != nullptr && job.territory->entry(file_entry->entries.first).is_submodule();

  Job below{.territory = job.territory,
            .dir = path + '/',
            .range = child == nullptr ? IndexRange() : child->entries,
            .scope = job.scope,
            .ignored = job.ignored || job.scope->ignores(path, os::FileKind::directory),
            .may_be_repository = child == nullptr,
            .exact = exact};
  if (!job.territory->place->has_git && found.name == "node_modules") return;
  if (below.ignored && child == nullptr && !is_submodule) return;
  found_jobs.push_back(std::move(below));
}

Status Walker::visit(Job job, std::vector<Job>& found_jobs, Findings& findings) {
  const Place& place = *job.territory->place;
  std::string from_root = place.from_root(job.dir);
  if (from_root.ends_with('/')) from_root.pop_back();
  const os::Fd dir(::openat(root_dir_.get(), from_root.empty() ? "." : from_root.c_str(),
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!dir) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return {};  // gone or replaced meanwhile
    if (errno != EACCES && errno != ENAMETOOLONG) return os::io_error("open", from_root);
    base::warn_once(
        "git-unreadable " + from_root,
        fmt::format("cannot look into {}: {}", base::printable(from_root), os::errno_text(errno)));
    return {};
  }
  auto listed = os::list_dir(dir.get());
  if (!listed) return fail_in(from_root, listed.error());
  const auto has = [&](std::string_view name) {
    return std::any_of(listed->begin(), listed->end(),
                       [&](const os::DirEntry& found) { return found.name == name; });
  };

  if (job.may_be_repository && has(".git")) {
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
  STILLAGE_ASSIGN(job.scope, enter(job, dir.get(), children, has(".gitignore"), has(".gitattributes")));
  for (const os::DirEntry& found : *listed) {
    if (equal_text(found.name, ".git", place.letter_case) || os::is_temp_name(found.name))
      continue;
    if (found.kind == os::FileKind::directory)
      take_dir(job, found, children, found_jobs);
    else if (found.kind != os::FileKind::other)
      STILLAGE_TRY(take_file(job, dir.get(), found, children, findings));
  }
  findings.dirs.emplace_back(std::move(from_root), WalkedDir{job.territory->place, job.scope, job.ignored});
  return {};
}

void Walker::work(Findings& findings) {
  std::vector<Job> found_jobs;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return !jobs_.empty() || unfinished_ == 0 || error_; });
    if (jobs_.empty() || error_) return;
    Job job = std::move(jobs_.back());
    jobs_.pop_back();
    lock.unlock();
    found_jobs.clear();
    const Status visited = visit(std::move(job), found_jobs, findings);
    lock.lock();
    if (!visited && !error_) error_ = visited.error();
    unfinished_ += found_jobs.size();
    --unfinished_;
    std::move(found_jobs.begin(), found_jobs.end(), std::back_inserter(jobs_));
    if (found_jobs.size() > 1 || unfinished_ == 0 || error_) wake_.notify_all();
  }
}

WalkResult Walker::assemble(std::vector<Findings>& findings) {
  const auto by_path = [](const ListedFile& a, const ListedFile& b) { return a.path < b.path; };
  WalkResult result{.files = {}, .missing = {}, .dirs = {}, .has_git = has_git_};
  std::vector<ListedFile> others;
  for (Findings& found : findings) {
    std::move(found.files.begin(), found.files.end(), std::back_inserter(others));
    for (auto& [path, dir] : found.dirs) result.dirs.emplace(std::move(path), std::move(dir));
  }
  std::vector<ListedFile> tracked;
  for (const auto& territory : territories_) {
    // The slots of the first are in order already; those of nested repositories fall in between.
    std::vector<ListedFile>& into = territory == territories_.front() ? tracked : others;
    if (&into == &tracked) tracked.reserve(territory->slots.size());
    for (std::size_t i = territory->range.first; i < territory->range.last; ++i) {
      const bool further_stage =
          i > territory->range.first && territory->entry(i).path == territory->entry(i - 1).path;
      if (ListedFile& file = territory->slots[i - territory->range.first]; !file.path.empty())
        into.push_back(std::move(file));
      else if (!further_stage)
        result.missing.push_back(territory->place->from_root(territory->entry(i).path));
    }
  }
  std::sort(others.begin(), others.end(), by_path);
  result.files.reserve(tracked.size() + others.size());
  std::merge(std::move_iterator(tracked.begin()), std::move_iterator(tracked.end()),
             std::move_iterator(others.begin()), std::move_iterator(others.end()),
             std::back_inserter(result.files), by_path);
  std::sort(result.missing.begin(), result.missing.end());
  return result;
}

Result<WalkResult> Walker::run() {
  STILLAGE_TRY(start());
  unfinished_ = jobs_.size();
  std::vector<Findings> findings(std::min(os::cpu_count(), kMaxThreads));
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < findings.size(); ++i)
      threads.emplace_back([this, &mine = findings[i]] { work(mine); });
    work(findings[0]);
  }
  if (error_) return tl::make_unexpected(*error_);
  return assemble(findings);
}

}  // namespace

Result<WalkResult> walk(const std::string& root) {
  const base::StageTimer timer(kWalkStage);
  return Walker(root).run();
}

}  // namespace stillage::git
