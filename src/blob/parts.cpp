// SPDX-License-Identifier: MIT
#include "blob/parts.h"

#include <algorithm>
#include <deque>
#include <future>

namespace stillage::blob {
namespace {

using net::Failure;
using net::FailureKind;
using net::Outcome;

/// Stops what is at work when the caller asks for it, or leaves.
class Stopper {
 public:
  explicit Stopper(const std::stop_token& asked) : forward_(asked, Forward{source_}) {}
  ~Stopper() { source_.request_stop(); }
  std::stop_token token() const { return source_.get_token(); }

 private:
  struct Forward {
    std::stop_source& source;
    void operator()() const { source.request_stop(); }
  };
  std::stop_source source_;
  std::stop_callback<Forward> forward_;
};

/// A thread for each part: there are few of them, and what they do takes long.
template <class Work>
auto start(Work work) {
  return std::async(std::launch::async, std::move(work));
}

/// The next part of the source; shorter only at its end.
Outcome<std::string> read_part(net::ByteSource& source, std::uint64_t size) {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    STILLAGE_ASSIGN(const std::size_t got, source.read(std::span(bytes).subspan(filled)));
    if (got == 0) break;
    filled += got;
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace

Outcome<std::size_t> send_parts(net::ByteSource& source, const Parts& parts, const SendPart& send,
                                std::stop_token stop) {
  STILLAGE_TRY(source.rewind());
  // Declared before the stopper, so that leaving early stops the parts first and then waits for them.
  std::deque<std::future<Outcome<void>>> at_work;
  const Stopper stopper(stop);
  const std::uint64_t size = source.size();
  const std::size_t count = std::max<std::size_t>(1, (size + parts.size - 1) / parts.size);
  for (std::size_t index = 0; index < count || !at_work.empty();) {
    if (index == count || at_work.size() == parts.at_once) {
      STILLAGE_TRY(at_work.front().get());
      at_work.pop_front();
      continue;
    }
    const std::uint64_t wanted = std::min(parts.size, size - index * parts.size);
    STILLAGE_ASSIGN(std::string bytes, read_part(source, wanted));
    if (bytes.size() != wanted)
      return net::failure(FailureKind::local, "the source of a blob ends before its end");
    at_work.push_back(start([&send, index, token = stopper.token(), bytes = std::move(bytes)] {
      return send(index, bytes, token);
    }));
    ++index;
  }
  return count;
}

Outcome<void> fetch_parts(std::uint64_t offset, std::uint64_t end, const Parts& parts, const FetchPart& fetch,
                          net::ByteSink& sink, std::stop_token stop) {
  std::deque<std::future<Outcome<std::string>>> at_work;
  const Stopper stopper(stop);
  while (offset < end || !at_work.empty()) {
    if (offset >= end || at_work.size() == parts.at_once) {
      STILLAGE_ASSIGN(const std::string bytes, at_work.front().get());
      at_work.pop_front();
      STILLAGE_TRY(sink.write(bytes));
      continue;
    }
    const std::uint64_t size = std::min(parts.size, end - offset);
    at_work.push_back(
        start([&fetch, offset, size, token = stopper.token()] { return fetch(offset, size, token); }));
    offset += size;
  }
  return {};
}

}  // namespace stillage::blob
