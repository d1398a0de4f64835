// SPDX-License-Identifier: MIT
#include "config/checkout.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "base/clock.h"
#include "base/log.h"
#include "config/config_search.h"
#include "config/known_looks.h"
#include "config/own_files.h"
#include "config/target_functions.h"
#include "graph/lage_dependencies.h"
#include "hasher/compat_hasher.h"
#include "hasher/native_hasher.h"
#include "os/checkout_dir.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "workspace/root.h"

namespace stillage::config {
namespace {

std::string open_state_folder(const std::string& root) {
  auto folder = os::open_checkout_dir(root);
  if (folder) return std::move(*folder);
  base::warn_once("state", fmt::format("nothing is remembered of this checkout: {}", folder.error().message));
  return "";
}

void tell(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) base::warn_once(warning, warning);
}

/// The value, or the error in the way that STILLAGE_ASSIGN understands.
template <class T>
Result<T> get(std::future<Result<T>>& future) {
  return future.get();
}

/// Reads everything below `root` side by side; `discover` gives the workspace.
template <class Discover>
Result<std::unique_ptr<Checkout>> open(const std::string& root, const run::Environment& environment,
                                       Looks looks, const Discover& discover) {
  auto checkout = std::make_unique<Checkout>();
  checkout->environment = environment;
  checkout->listed_at_ns = base::now_ns();
  checkout->state_folder = open_state_folder(root);
  if (looks == Looks::known) use_known_looks(root, checkout->state_folder);
  const auto state_file = [&](const char* name) {
    return checkout->state_folder.empty() ? std::string() : os::join_path(checkout->state_folder, name);
  };
  checkout->texts = std::make_unique<os::TextMemory>(state_file("texts"));
  git::ListingOptions listing_options{
      .left_out = own_summaries(checkout->state_folder, root),
      .memory = {.folders = state_file("folders"), .texts = checkout->texts.get()}};
  checkout->listing_later = std::async(std::launch::async, [root, options = std::move(listing_options)] {
    return git::list_files(root, options);
  });
  auto found_later = std::async(std::launch::async, [&] { return find_config(root, environment); });

  STILLAGE_ASSIGN(checkout->workspace, discover(checkout->texts.get()));
  STILLAGE_ASSIGN(checkout->lock,
                  workspace::LockFile::load(checkout->workspace, {.facts = state_file("lockfile"),
                                                                  .texts = checkout->texts.get()}));

  STILLAGE_ASSIGN(auto found, get(found_later));
  STILLAGE_ASSIGN(checkout->settings, read_settings(found.source, checkout->workspace, environment));
  checkout->script = std::move(found.script);
  checkout->packages = checkout->settings.cache_options.compat == Compat::lage
                           ? workspace::lage_package_graph(checkout->workspace)
                           : workspace::package_graph(checkout->workspace);
  tell(checkout->workspace.warnings);
  tell(checkout->settings.warnings);
  return checkout;
}

/// The top of the repository that the folder lies in, else the folder.
std::string top_without_packages(const std::string& folder) {
  for (std::string top = folder; top.size() > 1; top = os::parent_path(top))
    if (os::exists(top + "/.git")) return top;
  return folder;
}

/// Makes `dir` a package of the workspace, if it is none.
void add_folder(workspace::Workspace& workspace, const std::string& dir) {
  if (workspace.index_of_dir(dir)) return;
  workspace::Package package;
  package.name = dir.empty() ? "." : dir;
  package.dir = dir;
  const auto place =
      std::lower_bound(workspace.packages.begin(), workspace.packages.end(), dir,
                       [](const workspace::Package& other, const std::string& d) { return other.dir < d; });
  workspace.packages.insert(place, std::move(package));
  workspace.reindex();
}

}  // namespace

Status wait_for_listing(const Checkout& checkout) {
  const Result<git::Listing>& listing = checkout.listing_later.get();
  if (!listing) return tl::make_unexpected(listing.error());
  if (const Status saved = checkout.texts->save(); !saved)
    base::warn_once("texts", "cannot remember files that were read: " + saved.error().message);
  return {};
}

Result<std::unique_ptr<Checkout>> open_checkout(const std::string& start_dir,
                                                const run::Environment& environment, Looks looks) {
  STILLAGE_ASSIGN(const std::string start, os::real_path(start_dir));
  STILLAGE_ASSIGN(const workspace::Root root,
                  workspace::find_root(start, environment.value_or("PREFERRED_WORKSPACE_MANAGER", "")));
  return open(root.dir, environment, looks,
              [&](os::TextMemory* texts) { return workspace::discover(start, texts); });
}

Result<std::unique_ptr<Checkout>> open_folder(const std::string& folder,
                                              const run::Environment& environment) {
  STILLAGE_ASSIGN(const std::string real, os::real_path(folder));
  const auto found = workspace::find_root(real, environment.value_or("PREFERRED_WORKSPACE_MANAGER", ""));
  const std::string root = found ? found->dir : top_without_packages(real);
  STILLAGE_ASSIGN(
      auto checkout,
      open(root, environment, Looks::own, [&](os::TextMemory* texts) -> Result<workspace::Workspace> {
        workspace::Workspace workspace;
        workspace.root = root;
        if (found) {
          STILLAGE_ASSIGN(workspace, workspace::discover(real, texts));
        }
        add_folder(workspace, std::string(os::path_below(real, root).value_or("")));
        return workspace;
      }));
  // Where nothing marks a root, no file in it is more than its neighbours.
  auto& environment_glob = checkout->settings.cache_options.environment_glob;
  if (!found && !environment_glob) environment_glob.emplace();
  STILLAGE_TRY(wait_for_listing(*checkout));
  return checkout;
}

Result<PlannedGraph> plan_graph(Checkout& checkout, graph::Selection selection,
                                const base::StringSet& not_to_run, Functions functions) {
  const bool like_lage = checkout.settings.cache_options.compat == Compat::lage;
  selection.allow_no_targets = selection.allow_no_targets || checkout.settings.allow_no_target_runs;
  selection.args_for_all = like_lage;
  PlannedGraph planned;
  STILLAGE_ASSIGN(planned.graph, graph::build_target_graph(checkout.settings.pipeline, checkout.workspace,
                                                           checkout.packages, selection));
  if (checkout.script && functions == Functions::ask)
    planned.functions = TargetFunctions::ask(*checkout.script, planned.graph);
  for (graph::Node& node : planned.graph.nodes)
    if (node.has_command && !node.should_run_function.empty() && not_to_run.contains(node.target.id))
      graph::drop_command(node);
  if (like_lage) graph::set_lage_dependencies(planned.graph);
  return planned;
}

Result<graph::TargetGraph> build_graph(Checkout& checkout, graph::Selection selection) {
  STILLAGE_ASSIGN(PlannedGraph planned, plan_graph(checkout, selection, {}, Functions::ask));
  if (!planned.functions) return std::move(planned.graph);
  base::StringSet not_to_run;
  STILLAGE_ASSIGN(const bool is_as_planned, planned.functions->update(not_to_run));
  if (!is_as_planned) {
    STILLAGE_ASSIGN(PlannedGraph again, plan_graph(checkout, selection, not_to_run, Functions::leave));
    planned.graph = std::move(again.graph);
  }
  STILLAGE_TRY(planned.functions->set_weights(planned.graph));
  return std::move(planned.graph);
}

Result<std::unique_ptr<hasher::Hasher>> open_hasher(const Checkout& checkout,
                                                    const std::vector<std::string>& args) {
  STILLAGE_TRY(wait_for_listing(checkout));
  TargetHasherOptions options;
  options.root = checkout.workspace.root;
  options.environment_glob = checkout.settings.cache_options.environment_glob;
  options.cache_key = checkout.settings.cache_options.cache_key;
  if (checkout.settings.cache_options.compat == Compat::lage) {
    options.compat = Compat::lage;
    options.cli_args = args;
    STILLAGE_ASSIGN(std::unique_ptr<hasher::Hasher> compat, hasher::CompatHasher::open(options));
    return compat;
  }
  options.normalize_line_endings = checkout.settings.normalize_line_endings;
  options.targets = graph::all_targets(checkout.settings.pipeline, checkout.workspace);
  STILLAGE_ASSIGN(std::unique_ptr<hasher::Hasher> native,
                  hasher::NativeHasher::open({.workspace = checkout.workspace,
                                              .graph = checkout.packages,
                                              .lock = *checkout.lock,
                                              .listing = checkout.listing(),
                                              .listed_at_ns = checkout.listed_at_ns},
                                             std::move(options)));
  return native;
}

}  // namespace stillage::config
