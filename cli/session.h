// SPDX-License-Identifier: MIT
#pragma once
// What a command on targets works with: the checkout, the graph of what was asked for, and the keys.

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command_line.h"
#include "config/checkout.h"
#include "config/open_cache.h"
#include "run/run_options.h"

namespace stillage::cli {

/// The checkout that the current folder lies in, and the selected targets.
class Session {
 public:
  /// `purpose` says whether a target that runs nothing itself is part of the graph where it is named.
  enum class Purpose { run, question };
  /// Whether the outputs of the targets are looked at from the start, because they are likely to be in place.
  enum class Outlook { look_ahead, none };
  static Result<std::unique_ptr<Session>> open(const SelectionOptions& selection, Purpose purpose,
                                               Outlook outlook = Outlook::none,
                                               config::Looks looks = config::Looks::own);

  /// What to do with one at the end of the process, which gives all memory back at once: going through it to
  /// free it piece by piece takes a noticeable part of a run that finds everything in place.
  static void leave(std::unique_ptr<Session> session);

  const config::Checkout& checkout() const { return *checkout_; }
  const graph::TargetGraph& graph() const { return graph_; }
  hasher::Hasher& hasher() { return *hasher_; }

  /// Where functions of the configuration have a say in what runs, the graph is what they said last time,
  /// until they have answered. Waits for them: true if the graph stands. From any thread.
  Result<bool> graph_stands();
  /// Makes the graph and the hasher anew, if the functions say something else than the graph. Waits for them.
  Status settle();
  /// Sets the weights in the graph. Waits for the functions, if there are any.
  Status set_weights();
  /// Keys are going to be recorded: the hasher gets ready for it beside other work.
  void expect_records() { expected_records_ = hasher_->expect_records(); }
  /// Whoever waits for functions gets an error at once.
  void give_up_functions();

  /// From now on, results take the place of what the remote cache has.
  void replace_remote_entries() { checkout_->settings.cache_options.replace_remote_entries = true; }

  run::KeyTime key_time() const;
  /// The keys of all nodes of the graph, by index; "" for those that have none in the format in use.
  Result<std::vector<std::string>> keys();
  /// The cache of this checkout; the one that looks ahead, if that was opened and the graph still stands.
  Result<config::OpenedCache> open_cache();

 private:
  Session() = default;
  Status plan(config::Functions functions);
  Status open_hasher();
  void look_ahead();

  SelectionOptions selection_;
  Purpose purpose_ = Purpose::run;
  std::unique_ptr<config::Checkout> checkout_;
  base::StringSet not_to_run_;                          ///< as the graph has it
  std::unique_ptr<config::TargetFunctions> functions_;  ///< that are asked; null: there are none
  graph::TargetGraph graph_;
  std::unique_ptr<hasher::Hasher> hasher_;
  std::optional<Result<config::OpenedCache>> looking_ahead_;
  std::future<void> expected_records_;
};

/// The targets of a graph, in its order.
std::vector<Target> targets_of(const graph::TargetGraph& graph);

}  // namespace stillage::cli
