// SPDX-License-Identifier: MIT
#pragma once
// One request at work, shared by the thread that asked for it and the thread that moves its bytes. Between
// them are two bounded buffers; libcurl is told to pause when one of them is full, or empty.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "net/curl_library.h"
#include "net/http_message.h"
#include "net/progress_watch.h"

namespace stillage::net {

struct CurlDeleter {
  void operator()(CURL* handle) const { curl().easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl().slist_free_all(list); }
};

class Transfer {
 public:
  /// How it ended: by libcurl's word, or because of a deadline, whose sentence is then in `late`.
  struct End {
    CURLcode code = CURLE_OK;
    std::string text;
    std::string late;
  };

  explicit Transfer(const HttpRequest& request);

  /// What the moving thread's side needs of the request, which may be gone by then.
  const std::string method;
  const std::string url;
  const bool has_body;
  const std::uint64_t body_size;
  const HttpDeadlines deadlines;
  const bool direct;
  const std::optional<UserInfo> user_info;
  const std::unique_ptr<curl_slist, CurlDeleter> headers;

  /// For the moving thread only.
  std::unique_ptr<CURL, CurlDeleter> handle;
  std::optional<ProgressWatch> watch;
  bool connected = false;
  char error_text[CURL_ERROR_SIZE] = "";

  // Called by libcurl, on the moving thread.
  std::size_t on_header(std::string_view line);
  std::size_t on_body(std::string_view bytes);
  std::size_t on_upload(char* buffer, std::size_t size);
  void on_rewind();

  /// Told once by the moving thread.
  void finish(End end);
  /// Clears what made libcurl pause, by the moving thread before it goes on.
  void unpause();
  ProgressWatch::State progress();

  /// What the asking thread has to do next.
  struct Task {
    std::optional<HttpHead> head;  ///< has just arrived, and comes before any byte of the body
    std::string body;              ///< for the sink
    std::optional<unsigned> send;  ///< the source is to be read for this round of sending
    bool resume = false;           ///< the moving thread has to be told to go on
    bool cancelled = false;
    std::optional<End> end;  ///< nothing comes after it
  };
  /// Waits for something to do.
  Task next(std::stop_token stop);
  /// Gives what the source had, "" at its end. True if the moving thread has to be told to go on.
  bool give(unsigned round, std::string_view bytes);
  /// What has been kept of the body of an answer that is no success.
  std::string error_body();
  std::uint64_t body_received();

 private:
  bool wants_source() const;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  HttpHead head_;
  bool head_done_ = false;
  bool head_taken_ = false;
  std::string incoming_;
  std::uint64_t received_ = 0;  ///< head and body
  std::uint64_t body_received_ = 0;
  bool incoming_paused_ = false;
  std::string error_body_;
  std::string outgoing_;
  std::size_t outgoing_at_ = 0;
  unsigned round_ = 0;  ///< counts how often the body is sent from its start
  bool source_ended_ = false;
  bool outgoing_paused_ = false;
  std::optional<End> end_;
};

}  // namespace stillage::net
