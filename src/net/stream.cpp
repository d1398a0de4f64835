// SPDX-License-Identifier: MIT
#include "net/stream.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "net/curl_failure.h"
#include "net/curl_handle.h"
#include "net/curl_library.h"

namespace stillage::net {
namespace {

/// How often deadlines are looked at.
constexpr int kStopCheckMs = 100;

}  // namespace

Stream::Stream(Place place, const HttpDeadlines& deadlines)
    : place_(std::move(place)),
      deadlines_(deadlines),
      ca_(ca_from_environment([](const char* name) -> const char* { return std::getenv(name); })),
      handle_(nullptr),
      multi_(make_multi()) {
  handle_.reset(curl().easy_init());
}

Stream::~Stream() {
  if (handle_) curl().multi_remove_handle(multi_.get(), handle_.get());
}

Outcome<std::unique_ptr<Stream>> Stream::connect(Place place, const HttpDeadlines& deadlines,
                                                 const std::stop_token& stop) {
  std::unique_ptr<Stream> stream(new Stream(std::move(place), deadlines));
  STILLAGE_TRY(stream->open(stop));
  return stream;
}

Outcome<void> Stream::open(const std::stop_token& stop) {
  CURL* const handle = handle_.get();
  if (handle == nullptr) return broken(CURLE_OUT_OF_MEMORY);
  const std::string url =
      fmt::format("{}://{}:{}", place_.over_tls ? "https" : "http", place_.host, place_.port);
  curl().easy_setopt(handle, CURLOPT_ERRORBUFFER, error_text_);
  curl().easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl().easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl().easy_setopt(handle, CURLOPT_CONNECT_ONLY, 1L);
  curl().easy_setopt(handle, CURLOPT_SSL_ENABLE_ALPN, 0L);  // it would announce HTTP
  curl().easy_setopt(handle, CURLOPT_PROXY, "");
  curl().easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl().easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(deadlines_.connect.count()));
  set_tls(handle, place_.tls, ca_);
  curl().multi_add_handle(multi_.get(), handle);
  return finish_connecting(stop);
}

Outcome<void> Stream::finish_connecting(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { curl().multi_wakeup(multi_.get()); });
  int at_work = 1;
  while (true) {
    if (stop.stop_requested()) return cancelled();
    curl().multi_perform(multi_.get(), &at_work);
    if (at_work == 0) break;
    curl().multi_poll(multi_.get(), nullptr, 0, kStopCheckMs, nullptr);
  }
  int left = 0;
  const CURLMsg* const message = curl().multi_info_read(multi_.get(), &left);
  const CURLcode code = message != nullptr ? message->data.result : CURLE_COULDNT_CONNECT;
  if (code != CURLE_OK) return broken(code, error_text_);
  // The handle stays with the multi handle: taking it out would end the connection.
  if (curl().easy_getinfo(handle_.get(), CURLINFO_ACTIVESOCKET, &socket_) != CURLE_OK ||
      socket_ == CURL_SOCKET_BAD)
    return broken(CURLE_COULDNT_CONNECT);
  return {};
}

void Stream::begin_exchange() {
  watch_.emplace(deadlines_, std::chrono::steady_clock::now());
  moved_ = 0;
  sent_all_ = false;
}

Outcome<void> Stream::wait(short events, const std::stop_token& stop) {
  {
    const std::stop_callback wake(stop, [this] { curl().multi_wakeup(multi_.get()); });
    curl_waitfd socket{socket_, events, 0};
    if (!stop.stop_requested()) curl().multi_poll(multi_.get(), &socket, 1, kStopCheckMs, nullptr);
  }
  if (stop.stop_requested()) return cancelled();
  const std::string late = watch_->late(std::chrono::steady_clock::now(),
                                        {.moved = moved_, .sent_all = sent_all_, .waits_for_us = false});
  if (!late.empty()) return broken(CURLE_OPERATION_TIMEDOUT, late);
  return {};
}

Outcome<bool> Stream::send(std::string_view bytes, const std::stop_token& stop) {
  if (!watch_) begin_exchange();
  // The time since the last call was ours.
  watch_->late(std::chrono::steady_clock::now(), {.moved = moved_, .sent_all = false, .waits_for_us = true});
  std::array<char, 4096> said;
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const CURLcode code = curl().easy_send(handle_.get(), bytes.data(), bytes.size(), &sent);
    if (code == CURLE_OK) {
      moved_ += sent;
      bytes.remove_prefix(sent);
      if (stop.stop_requested()) return cancelled();
      continue;
    }
    auto got = receive_now(said);
    if (got && *got && **got > 0) {
      early_.append(said.data(), **got);
      return false;
    }
    if (code != CURLE_AGAIN) return broken(code);
    if (!got) return tl::make_unexpected(std::move(got).error());
    if (*got) return broken(CURLE_SEND_ERROR, "the connection was ended");
    STILLAGE_TRY(wait(CURL_WAIT_POLLIN | CURL_WAIT_POLLOUT, stop));
  }
  return true;
}

Outcome<std::size_t> Stream::receive(std::span<char> buffer, const std::stop_token& stop) {
  if (!watch_) begin_exchange();
  watch_->late(std::chrono::steady_clock::now(),
               {.moved = moved_, .sent_all = sent_all_, .waits_for_us = !sent_all_});
  if (!early_.empty()) {
    const std::size_t count = std::min(early_.size(), buffer.size());
    std::memcpy(buffer.data(), early_.data(), count);
    early_.erase(0, count);
    return count;
  }
  while (true) {
    STILLAGE_ASSIGN(const auto got, receive_now(buffer));
    if (got) {
      sent_all_ = false;
      moved_ += *got;
      if (stop.stop_requested()) return cancelled();
      return *got;
    }
    STILLAGE_TRY(wait(CURL_WAIT_POLLIN, stop));
  }
}

Outcome<std::optional<std::size_t>> Stream::receive_now(std::span<char> buffer) {
  std::size_t got = 0;
  const CURLcode code = curl().easy_recv(handle_.get(), buffer.data(), buffer.size(), &got);
  if (code == CURLE_AGAIN) return std::optional<std::size_t>();
  if (code != CURLE_OK) return broken(code);
  return std::optional(got);
}

bool Stream::is_stale() {
  pollfd watched{socket_, POLLIN, 0};
  if (::poll(&watched, 1, 0) == 0) return false;
  // TLS may have words of its own to say, such as tickets.
  std::array<char, 1> said;
  const auto got = receive_now(said);
  return !got || *got;
}

tl::unexpected<Failure> Stream::broken(CURLcode code, const std::string& why) const {
  return tl::make_unexpected(curl_failure(code, place_.display, why, place_.secrets));
}

tl::unexpected<Failure> Stream::cancelled() const {
  return failure(FailureKind::cancelled, place_.display + ": cancelled");
}

}  // namespace stillage::net
