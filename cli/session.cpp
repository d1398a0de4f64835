// SPDX-License-Identifier: MIT
#include "session.h"

#include <utility>

#include "base/log.h"
#include "base/stages.h"
#include "config/function_answers.h"
#include "os/file.h"

namespace stillage::cli {
namespace {

constinit base::Stage kOpenStage("open checkout");
constinit base::Stage kGraphStage("graph");
constinit base::Stage kHasherStage("open hasher");
constinit base::Stage kDigestsStage("digests");
constinit base::Stage kKeysStage("keys");
constinit base::Stage kCacheStage("open cache");

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const SelectionOptions& selection, Purpose purpose,
                                               Outlook outlook, config::Looks looks) {
  std::unique_ptr<Session> session(new Session());
  session->selection_ = selection;
  session->purpose_ = purpose;
  STILLAGE_ASSIGN(const std::string here, os::current_dir());
  {
    const base::StageTimer timer(kOpenStage);
    STILLAGE_ASSIGN(session->checkout_, config::open_checkout(here, run::Environment::of_process(), looks));
  }
  session->not_to_run_ = config::remembered_not_to_run(session->checkout_->state_folder);
  STILLAGE_TRY(session->plan(config::Functions::ask));
  if (purpose == Purpose::question) STILLAGE_TRY(session->settle());
  if (outlook == Outlook::look_ahead) session->look_ahead();
  if (session->hasher_) return session;
  if (Status opened = session->open_hasher(); !opened) {
    // It may be the fault of a target that is not to run any more.
    STILLAGE_ASSIGN(const bool stands, session->graph_stands());
    if (stands) return tl::make_unexpected(std::move(opened).error());
    STILLAGE_TRY(session->settle());
  }
  return session;
}

Status Session::plan(config::Functions functions) {
  const base::StageTimer timer(kGraphStage);
  STILLAGE_ASSIGN(config::PlannedGraph planned,
                  config::plan_graph(*checkout_,
                                     {.tasks = selection_.tasks,
                                      .scope = selection_.scope,
                                      .to = selection_.to,
                                      .changed_packages = {},
                                      .with_dependents = !selection_.no_deps,
                                      .keep_named = purpose_ == Purpose::question,
                                      .args = selection_.args},
                                     not_to_run_, functions));
  graph_ = std::move(planned.graph);
  if (functions == config::Functions::ask) functions_ = std::move(planned.functions);
  return {};
}

Status Session::open_hasher() {
  {
    const base::StageTimer timer(kHasherStage);
    STILLAGE_ASSIGN(hasher_, config::open_hasher(*checkout_, selection_.args));
  }
  const base::StageTimer timer(kDigestsStage);
  std::vector<const Target*> targets;
  for (const graph::Node& node : graph_.nodes) targets.push_back(&node.target);
  return hasher_->digest_inputs(targets);
}

Result<bool> Session::graph_stands() {
  if (!functions_ || !functions_->choose()) return true;
  base::StringSet said = not_to_run_;
  return functions_->update(said);
}

Status Session::settle() {
  if (!functions_ || !functions_->choose()) return {};
  STILLAGE_ASSIGN(const bool stands, functions_->update(not_to_run_));
  if (stands) return {};
  if (const Status kept = config::remember_not_to_run(checkout_->state_folder, not_to_run_); !kept)
    base::warn_once("functions", "cannot remember what functions said: " + kept.error().message);
  looking_ahead_.reset();
  STILLAGE_TRY(plan(config::Functions::leave));
  return open_hasher();
}

Status Session::set_weights() {
  return functions_ ? functions_->set_weights(graph_) : Status();
}

void Session::leave(std::unique_ptr<Session> session) {
  session->looking_ahead_.reset();
  session->functions_.reset();
  session->expected_records_ = {};
  session->checkout_->script.reset();
  static std::vector<Session*>* const left = new std::vector<Session*>();
  left->push_back(session.release());
}

void Session::give_up_functions() {
  if (checkout_->script) checkout_->script->give_up();
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

Result<config::OpenedCache> Session::open_cache() {
  if (looking_ahead_) return *std::exchange(looking_ahead_, std::nullopt);
  const base::StageTimer timer(kCacheStage);
  return config::open_cache(*checkout_, targets_of(graph_));
}

void Session::look_ahead() {
  looking_ahead_ = open_cache();
  if (*looking_ahead_ && (*looking_ahead_)->look_ahead) (*looking_ahead_)->look_ahead();
}

std::vector<Target> targets_of(const graph::TargetGraph& graph) {
  std::vector<Target> targets;
  for (const graph::Node& node : graph.nodes) targets.push_back(node.target);
  return targets;
}

}  // namespace stillage::cli
