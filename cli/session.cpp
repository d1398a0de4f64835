// SPDX-License-Identifier: MIT
#include "session.h"

#include "base/stages.h"
#include "os/file.h"

namespace stillage::cli {
namespace {

constinit base::Stage kOpenStage("open checkout");
constinit base::Stage kGraphStage("graph");
constinit base::Stage kHasherStage("open hasher");
constinit base::Stage kDigestsStage("digests");
constinit base::Stage kKeysStage("keys");

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const SelectionOptions& selection, Purpose purpose) {
  std::unique_ptr<Session> session(new Session());
  STILLAGE_ASSIGN(const std::string here, os::current_dir());
  base::StageTimer opening(kOpenStage);
  STILLAGE_ASSIGN(session->checkout_, config::open_checkout(here, run::Environment::of_process()));
  opening.end();
  base::StageTimer graph(kGraphStage);
  STILLAGE_ASSIGN(session->graph_,
                  config::build_graph(*session->checkout_, {.tasks = selection.tasks,
                                                            .scope = selection.scope,
                                                            .to = selection.to,
                                                            .changed_packages = {},
                                                            .with_dependents = !selection.no_deps,
                                                            .keep_named = purpose == Purpose::question,
                                                            .args = selection.args}));
  graph.end();
  base::StageTimer hasher(kHasherStage);
  STILLAGE_ASSIGN(session->hasher_, config::open_hasher(*session->checkout_, selection.args));
  hasher.end();
  const base::StageTimer digests(kDigestsStage);
  std::vector<const Target*> targets;
  for (const graph::Node& node : session->graph_.nodes) targets.push_back(&node.target);
  STILLAGE_TRY(session->hasher_->digest_inputs(targets));
  return session;
}

Result<std::vector<std::string>> Session::keys() {
  const base::StageTimer timer(kKeysStage);
  std::vector<std::string> keys;
  const bool all_have_keys = key_time() == run::KeyTime::at_start;
  for (const graph::Node& node : graph_.nodes) {
    std::string& key = keys.emplace_back();
    if (!all_have_keys && !(node.has_command && node.target.cache)) continue;
    STILLAGE_ASSIGN(key, hasher_->hash(node.target));
  }
  return keys;
}

run::KeyTime Session::key_time() const {
  return checkout_->settings.cache_options.compat == Compat::lage ? run::KeyTime::when_ready
                                                                  : run::KeyTime::at_start;
}

Result<config::OpenedCache> Session::open_cache() const {
  return config::open_cache(*checkout_, targets_of(graph_));
}

std::vector<Target> targets_of(const graph::TargetGraph& graph) {
  std::vector<Target> targets;
  for (const graph::Node& node : graph.nodes) targets.push_back(node.target);
  return targets;
}

}  // namespace stillage::cli
