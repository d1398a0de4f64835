// SPDX-License-Identifier: MIT
#include "remote_end.h"

namespace stillage::cli {
namespace {

run::UploadsLeft for_people(const cache::UploadsLeft& left) {
  return {.entries = left.entries, .bytes = left.bytes};
}

}  // namespace

std::function<void()> cancel_look_ups(const config::OpenedCache& cache) {
  if (!cache.remote) return {};
  return [remote = cache.remote] { remote->cancel_look_ups(); };
}

std::function<run::UploadsLeft()> uploads_left(const config::OpenedCache& cache) {
  if (!cache.remote) return {};
  return [remote = cache.remote] { return for_people(remote->uploads_left()); };
}

std::optional<run::RemoteFigures> finish_remote(
    const config::OpenedCache& cache, const std::stop_token& stop,
    const std::function<void(const run::UploadsLeft&)>& progress) {
  if (!cache.remote) return std::nullopt;
  (void)cache.remote->finish_uploads(cache.upload_wait, stop, [&](const cache::UploadsLeft& left) {
    if (progress) progress(for_people(left));
  });
  const cache::RemoteFigures figures = cache.remote->figures();
  return run::RemoteFigures{.name = cache.remote->remote_name(),
                            .hits = figures.hits,
                            .misses = figures.misses,
                            .stored = figures.stored,
                            .failures = figures.failures,
                            .damaged = figures.damaged,
                            .dropped = figures.dropped,
                            .bytes_sent = figures.bytes_sent,
                            .bytes_received = figures.bytes_received,
                            .seconds = figures.seconds};
}

}  // namespace stillage::cli
