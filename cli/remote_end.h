// SPDX-License-Identifier: MIT
#pragma once
// What a command owes to its remote cache: look-ups that end with the run, uploads that are waited for.

#include <functional>
#include <optional>
#include <stop_token>

#include "config/open_cache.h"
#include "run/result.h"

namespace stillage::cli {

/// For RunOptions::cancel_look_ups; not set where there is no remote.
std::function<void()> cancel_look_ups(const config::OpenedCache& cache);

/// For a line of progress: what is still to be uploaded; not set where there is no remote.
std::function<run::UploadsLeft()> uploads_left(const config::OpenedCache& cache);

/// Waits for the uploads as long as `cache` says (RemoteControl::finish_uploads), and gives the figures of
/// the remote; nothing where there is none.
std::optional<run::RemoteFigures> finish_remote(
    const config::OpenedCache& cache, const std::stop_token& stop,
    const std::function<void(const run::UploadsLeft&)>& progress = {});

}  // namespace stillage::cli
