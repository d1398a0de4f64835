// SPDX-License-Identifier: MIT
#pragma once
// A plain or TLS connection whose bytes are ours to make sense of, for protocols other than HTTP. libcurl
// makes it and secures it just as it does those of HTTP. For one thread at a time. No proxy is asked.

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "net/curl_library.h"
#include "net/http_client.h"
#include "net/progress_watch.h"

namespace stillage::net {

class Stream {
 public:
  struct Place {
    std::string host;  ///< an IPv6 address in brackets
    std::uint16_t port = 0;
    bool over_tls = false;
    TlsOptions tls;
    std::string display;               ///< what and where, for messages
    std::vector<std::string> secrets;  ///< that no message may show
  };

  /// Connects within deadlines.connect. Failures: transient (nobody listens, too late), protocol
  /// (certificates), local, cancelled.
  static Outcome<std::unique_ptr<Stream>> connect(Place place, const HttpDeadlines& deadlines,
                                                  const std::stop_token& stop);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Deadlines count anew: a request begins.
  void begin_exchange();
  /// From here to the next byte that comes, `deadlines.answer` is what counts, as the other side has all of a
  /// large request.
  void expect_answer() { sent_all_ = true; }

  /// Sends all of it. False if the other side has begun to speak, or has gone after speaking, before it had
  /// everything: what it said can be received. Failures: transient, cancelled.
  Outcome<bool> send(std::string_view bytes, const std::stop_token& stop);
  /// Waits for at least a byte; 0 when the other side has ended the connection. Failures as send().
  Outcome<std::size_t> receive(std::span<char> buffer, const std::stop_token& stop);

  /// Whether the other side has said something unasked, or has gone, since the last exchange.
  bool is_stale();

 private:
  // To the compiler, both are pointers to void.
  struct MultiCloser {
    void operator()(CURLM* multi) const { curl().multi_cleanup(multi); }
  };
  struct EasyCloser {
    void operator()(CURL* handle) const { curl().easy_cleanup(handle); }
  };

  Stream(Place place, const HttpDeadlines& deadlines);
  Outcome<void> open(const std::stop_token& stop);
  Outcome<void> finish_connecting(const std::stop_token& stop);
  /// Waits a moment for the socket; late or stopped is a failure.
  Outcome<void> wait(short events, const std::stop_token& stop);
  /// What has come, without waiting; nothing if there is nothing. 0 bytes at the end.
  Outcome<std::optional<std::size_t>> receive_now(std::span<char> buffer);
  tl::unexpected<Failure> broken(CURLcode code, const std::string& why = {}) const;
  tl::unexpected<Failure> cancelled() const;

  const Place place_;
  const HttpDeadlines deadlines_;
  const CaPaths ca_;
  std::unique_ptr<CURL, EasyCloser> handle_;
  std::unique_ptr<CURLM, MultiCloser> multi_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  char error_text_[CURL_ERROR_SIZE] = "";
  std::string early_;  ///< has come while we were sending
  std::optional<ProgressWatch> watch_;
  std::uint64_t moved_ = 0;
  bool sent_all_ = false;
};

}  // namespace stillage::net
