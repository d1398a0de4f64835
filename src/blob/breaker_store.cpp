// SPDX-License-Identifier: MIT
#include "blob/breaker_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "blob/advice.h"

namespace stillage::blob {
namespace {

bool speaks_of_the_remote(const Failure& failure) {
  return failure.what == FailureKind::transient || failure.what == FailureKind::unauthorised ||
         failure.what == FailureKind::protocol;
}

bool is_answer(const Failure& failure) {
  return failure.what == FailureKind::not_found || failure.what == FailureKind::conflict ||
         failure.what == FailureKind::too_large || failure.what == FailureKind::unsupported;
}

}  // namespace

BreakerStore::BreakerStore(std::shared_ptr<BlobStore> inner, BreakerOptions options, Clock& clock)
    : ForwardingStore(std::move(inner)), options_(options), clock_(clock) {
  for (Circuit& circuit : circuits_) circuit.last_answer = clock_.now();
}

std::optional<std::stop_token> BreakerStore::enter(Use use) {
  const std::lock_guard lock(mutex_);
  Circuit& ours = circuit(use);
  if (!ours.opened) return ours.cancel_all.get_token();
  if (ours.was_slow || ours.probing || clock_.now() - *ours.opened < options_.probe_after)
    return std::nullopt;
  ours.probing = true;
  return ours.cancel_all.get_token();
}

void BreakerStore::answered(Use use) {
  const std::lock_guard lock(mutex_);
  Circuit& ours = circuit(use);
  // An answer to a call that was at work before the circuit opened is none to a probe.
  if (ours.opened && ours.probing) {
    base::verbose(fmt::format("{} answers again", name()));
    ours.opened.reset();
  }
  ours.probing = false;
  if (!ours.opened) ours.was_slow = false;
  ours.streak = 0;
  ours.last_answer = clock_.now();
}

void BreakerStore::left(Use use) {
  const std::lock_guard lock(mutex_);
  circuit(use).probing = false;
}

void BreakerStore::failed(Use use, Clock::Time began, const Failure& failure) {
  std::string warning;
  {
    const std::lock_guard lock(mutex_);
    Circuit& ours = circuit(use);
    ours.was_slow = ours.was_slow || clock_.now() - began >= options_.slow_failure;
    if (ours.opened) {
      if (std::exchange(ours.probing, false)) ours.opened = clock_.now();
      return;
    }
    if (ours.streak++ == 0) ours.streak_start = std::max(began, ours.last_answer);
    if (ours.streak < options_.failures && clock_.now() - ours.streak_start < options_.patience) return;
    open(ours);
    // What can't be reached can't be written to either; what we may not write to may still be read.
    if (failure.what != FailureKind::unauthorised)
      for (Circuit& other : circuits_) {
        other.was_slow = other.was_slow || ours.was_slow;
        open(other);
      }
    if (!std::exchange(warned_, true))
      warning = fmt::format("{} is left alone from now on, and the build goes on without it: {}; {}", name(),
                            failure.message, advice_for(failure.kind));
  }
  if (warning.empty()) return;
  if (options_.topic.empty())
    base::warn(warning);
  else
    base::warn_once(options_.topic, warning);
}

void BreakerStore::open(Circuit& circuit) {
  if (circuit.opened) return;
  circuit.opened = clock_.now();
  circuit.streak = 0;
  circuit.cancel_all.request_stop();
  circuit.cancel_all = {};
}

bool BreakerStore::is_open() {
  const std::lock_guard lock(mutex_);
  return std::any_of(circuits_.begin(), circuits_.end(),
                     [](const Circuit& circuit) { return circuit.opened.has_value(); });
}

template <class Work>
auto BreakerStore::guarded(Use use, const std::stop_token& stop, Work work)
    -> decltype(work(std::stop_token())) {
  const auto given_up = [this] {
    return net::failure(FailureKind::unavailable, fmt::format("{} is left alone after failures", name()));
  };
  const auto token = enter(use);
  if (!token) return given_up();
  std::stop_source either;
  const auto end = [&either] { either.request_stop(); };
  const std::stop_callback asked(stop, end);
  const std::stop_callback opened(*token, end);

  const auto began = clock_.now();
  auto outcome = work(either.get_token());
  if (outcome || is_answer(outcome.error()))
    answered(use);
  else if (speaks_of_the_remote(outcome.error()))
    failed(use, began, outcome.error());
  else
    left(use);
  if (!outcome && outcome.error().what == FailureKind::cancelled && !stop.stop_requested()) return given_up();
  return outcome;
}

Outcome<PutOutcome> BreakerStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                      std::stop_token stop) {
  return guarded(Use::write, stop,
                 [&](std::stop_token token) { return inner().put(key, source, options, token); });
}

Outcome<std::optional<BlobInfo>> BreakerStore::get(const std::string& key, ByteSink& sink,
                                                   std::stop_token stop) {
  return guarded(Use::read, stop, [&](std::stop_token token) { return inner().get(key, sink, token); });
}

Outcome<std::optional<BlobInfo>> BreakerStore::contains(const std::string& key, std::stop_token stop) {
  return guarded(Use::read, stop, [&](std::stop_token token) { return inner().contains(key, token); });
}

Outcome<void> BreakerStore::remove(const std::string& key, std::stop_token stop) {
  return guarded(Use::write, stop, [&](std::stop_token token) { return inner().remove(key, token); });
}

Outcome<void> BreakerStore::list(const std::string& prefix,
                                 const std::function<Outcome<void>(const ListedBlob&)>& visit,
                                 std::stop_token stop) {
  return guarded(Use::read, stop, [&](std::stop_token token) { return inner().list(prefix, visit, token); });
}

}  // namespace stillage::blob
