// SPDX-License-Identifier: MIT
#pragma once
// The commands: each takes what was typed and gives the exit code, or an error for people.

#include "command_line.h"
#include "stillage/result.h"

namespace stillage::config {
struct CachePlace;
}

namespace stillage::cli {

Result<int> run(const RunCommand& command);
Result<int> exec(const ExecCommand& command);
/// Tells failures itself, in backfill's form.
Result<int> backfill(const BackfillCommand& command);
Result<int> hash(const HashCommand& command);
Result<int> why(const WhyCommand& command);
Result<int> cache(const CacheCommand& command);
/// `cache` with --remote, but for evict. `place` has the configuration.
Result<int> remote_cache(const CacheCommand& command, const config::CachePlace& place);
Result<int> evict(const EvictCommand& command);
Result<int> doctor(const DoctorCommand& command);
Result<int> keys(const KeysCommand& command);
Result<int> watch_service(const WatchServiceCommand& command);
Result<int> init(const InitCommand& command);
Result<int> completion(const CompletionCommand& command);

}  // namespace stillage::cli
