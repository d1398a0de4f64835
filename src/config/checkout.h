// SPDX-License-Identifier: MIT
#pragma once
// The one place that opens everything for a checkout: what does not depend on each other is read side by
// side, so that the whole takes as long as the slowest part.

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/script_config.h"
#include "config/settings.h"
#include "config/target_functions.h"
#include "git/listing.h"
#include "graph/target_graph.h"
#include "hasher/hasher.h"
#include "os/text_memory.h"
#include "run/environment.h"
#include "stillage/result.h"
#include "workspace/lock_file.h"
#include "workspace/package_graph.h"
#include "workspace/workspace.h"

namespace stillage::config {

/// All that is known of a checkout at the start of a run. Stays where it is: hashers and caches refer to it.
struct Checkout {
  Checkout() = default;
  /// Waits for the listing, which uses what is here, even where others share in its result.
  ~Checkout() {
    if (listing_later.valid()) listing_later.wait();
  }
  Checkout(const Checkout&) = delete;
  Checkout& operator=(const Checkout&) = delete;

  workspace::Workspace workspace;
  workspace::PackageGraph packages;
  std::unique_ptr<workspace::LockFile> lock;
  std::int64_t listed_at_ns = 0;  ///< a time before the listing began
  Settings settings;
  run::Environment environment;  ///< that it was opened with
  /// Node with the configuration's functions, if it has any.
  std::optional<ScriptConfig> script;
  /// Where the state of this checkout is kept; "" if there is no place for it, which was told.
  std::string state_folder;
  /// The small files that were read, for the next process.
  std::unique_ptr<os::TextMemory> texts;
  /// What git says of the tree, while it is being found out and since.
  std::shared_future<Result<git::Listing>> listing_later;

  /// Only once wait_for_listing() has given no error.
  const git::Listing& listing() const { return *listing_later.get(); }
};

/// Waits for what git says of the tree, and keeps the small files that were read on the way. Errors: as
/// git::list_files().
Status wait_for_listing(const Checkout& checkout);

/// Whether looks at files may be answered by the watcher service (known_looks.h).
enum class Looks { own, known };

/// Opens the checkout that `start_dir` lies in, while its files are still being listed. Warnings of the
/// workspace and of the configuration are told once.
Result<std::unique_ptr<Checkout>> open_checkout(const std::string& start_dir,
                                                const run::Environment& environment,
                                                Looks looks = Looks::own);

/// The checkout around `folder`, with the folder itself as one of its packages, whether or not it has a
/// package.json; without any workspace or repository around it, the folder alone.
Result<std::unique_ptr<Checkout>> open_folder(const std::string& folder, const run::Environment& environment);

/// A graph whose functions, if it has any, are being asked.
struct PlannedGraph {
  graph::TargetGraph graph;
  std::unique_ptr<TargetFunctions> functions;
};

enum class Functions { ask, leave };

/// The graph of a selection, without waiting for functions of the configuration: as if those said no of the
/// targets that `not_to_run` names, and yes of all others.
Result<PlannedGraph> plan_graph(Checkout& checkout, graph::Selection selection,
                                const base::StringSet& not_to_run, Functions functions);

/// The graph of a selection, with what functions of the configuration say of it.
Result<graph::TargetGraph> build_graph(Checkout& checkout, graph::Selection selection);

/// The hasher of a checkout, which must outlive it; waits for the
/// listing. `args` are those that every target of the run is given;
/// they count in lage's format alone, as elsewhere each target has its own.
Result<std::unique_ptr<hasher::Hasher>> open_hasher(const Checkout& checkout,
                                                    const std::vector<std::string>& args = {});

}  // namespace stillage::config
