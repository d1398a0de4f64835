// SPDX-License-Identifier: MIT
#include "dry_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "os/thread_pool.h"
#include "remote_end.h"

namespace stillage::cli {
namespace {

/// Who asks a remote only waits.
constexpr std::size_t kQuestions = 16;

/// Whether a target would hit, to be asked of many at once where that is for the remote to say.
class WouldHit {
 public:
  explicit WouldHit(config::OpenedCache cache) : cache_(std::move(cache)) {}

  bool near(const std::string& key, const Target& target) const {
    if (!cache_.provider) return false;
    auto hit = cache_.look_up_near ? cache_.look_up_near(key, target) : cache_.provider->look_up(key, target);
    return hit && *hit;
  }
  bool asks_far() const { return cache_.remote != nullptr; }
  bool far(const std::string& key, const Target& target) const {
    return cache_.remote->seems_to_have(key, target);
  }

 private:
  config::OpenedCache cache_;
};

}  // namespace

Result<int> dry_run(Session& session, const RunCommand& command, const Interrupt& interrupt) {
  STILLAGE_ASSIGN(const std::vector<std::string> keys, session.keys());
  config::OpenedCache opened;
  if (!command.no_cache && !command.reset_cache && !command.force) {
    STILLAGE_ASSIGN(opened, session.open_cache());
  }
  const auto cancel = cancel_look_ups(opened);
  const std::stop_callback on_stop(interrupt.token(), [&] {
    if (cancel) cancel();
  });
  const WouldHit cache(std::move(opened));
  const auto& nodes = session.graph().nodes;
  std::vector<char> hits(nodes.size(), 0);
  {
    os::ThreadPool questions(cache.asks_far() ? std::min(kQuestions, nodes.size() + 1) : 1);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (!nodes[i].has_command || !nodes[i].target.cache || keys[i].empty()) continue;
      hits[i] = cache.near(keys[i], nodes[i].target) ? 1 : 0;
      if (hits[i] == 0 && cache.asks_far())
        questions.post([&, i] { hits[i] = cache.far(keys[i], nodes[i].target) ? 1 : 0; });
    }
  }
  if (interrupt.token().stop_requested()) return interrupt.exit_code();
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].has_command)
      fmt::print("{}  {}  {}\n", keys[i], hits[i] != 0 ? "hit " : "miss", nodes[i].target.id);
  return 0;
}

}  // namespace stillage::cli
