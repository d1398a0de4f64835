// SPDX-License-Identifier: MIT
#include "net/transfer.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/strings.h"
#include "net/curl_library.h"

namespace stillage::net {
namespace {

constexpr std::size_t kBuffered = 512 << 10;
constexpr std::size_t kErrorBody = 16 << 10;
constexpr std::size_t kMostFields = 500;

std::unique_ptr<curl_slist, CurlDeleter> header_list(const HttpRequest& request) {
  std::unique_ptr<curl_slist, CurlDeleter> list;
  const auto add = [&list](const std::string& line) {
    curl_slist* const longer = curl().slist_append(list.get(), line.c_str());
    if (longer == nullptr) return;
    (void)list.release();
    list.reset(longer);
  };
  for (const Header& field : request.headers.fields())
    add(field.value.empty() ? field.name + ";" : field.name + ": " + field.value);
  if (request.range)
    add("Range: bytes=" + std::to_string(request.range->offset) + "-" +
        std::to_string(request.range->offset + request.range->size - 1));
  // Waiting for "100 Continue" costs a round trip, and a second where a server does not know it.
  add("Expect:");
  if (request.body != nullptr && !request.headers.find("content-type"))
    add("Content-Type: application/octet-stream");
  return list;
}

/// The status of "HTTP/1.1 200 OK" or "HTTP/2 200"; 0 if there is none.
int parse_status(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  int status = 0;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
  return status;
}

}  // namespace

Transfer::Transfer(const HttpRequest& request)
    : method(request.method),
      url(request.url.to_string()),
      has_body(request.body != nullptr),
      body_size(has_body ? request.body->size() : 0),
      deadlines(request.deadlines),
      direct(request.direct),
      user_info(request.url.user_info()),
      headers(header_list(request)) {}

std::size_t Transfer::on_header(std::string_view line) {
  const std::size_t size = line.size();
  const std::lock_guard lock(mutex_);
  received_ += size;
  if (head_done_) return size;  // a trailer
  if (line.starts_with("HTTP/")) {
    head_ = {};
    head_.status = parse_status(line);
    return size;
  }
  line = base::trim(line);
  if (!line.empty()) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    if (head_.headers.fields().size() == kMostFields) return 0;
    std::string name = base::to_lower(base::trim(line.substr(0, colon)));
    const std::string_view value = base::trim(line.substr(colon + 1));
    std::uint64_t length = 0;
    if (name == "content-length" &&
        std::from_chars(value.data(), value.data() + value.size(), length).ptr == value.data() + value.size())
      head_.content_length = length;
    head_.headers.add(std::move(name), std::string(value));
    return size;
  }
  // 100 Continue, 103 Early Hints and the like come before the answer.
  if (head_.status >= 200) head_done_ = true;
  changed_.notify_one();
  return size;
}

std::size_t Transfer::on_body(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (!head_.is_success()) {
    received_ += bytes.size();
    error_body_.append(bytes.substr(0, kErrorBody - error_body_.size()));
    // Enough has been seen of an answer that says no; 0 ends the transfer.
    return error_body_.size() < kErrorBody ? bytes.size() : 0;
  }
  if (incoming_.size() >= kBuffered) {
    incoming_paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  received_ += bytes.size();
  body_received_ += bytes.size();
  incoming_.append(bytes);
  changed_.notify_one();
  return bytes.size();
}

std::size_t Transfer::on_upload(char* buffer, std::size_t size) {
  const std::lock_guard lock(mutex_);
  const std::size_t count = std::min(size, outgoing_.size() - outgoing_at_);
  if (count == 0) {
    if (source_ended_) return 0;
    outgoing_paused_ = true;
    changed_.notify_one();
    return CURL_READFUNC_PAUSE;
  }
  std::memcpy(buffer, outgoing_.data() + outgoing_at_, count);
  outgoing_at_ += count;
  if (outgoing_at_ == outgoing_.size()) {
    outgoing_.clear();
    outgoing_at_ = 0;
  }
  if (wants_source()) changed_.notify_one();
  return count;
}

void Transfer::on_rewind() {
  const std::lock_guard lock(mutex_);
  ++round_;
  outgoing_.clear();
  outgoing_at_ = 0;
  source_ended_ = false;
  changed_.notify_one();
}

void Transfer::finish(End end) {
  const std::lock_guard lock(mutex_);
  end_ = std::move(end);
  changed_.notify_one();
}

void Transfer::unpause() {
  const std::lock_guard lock(mutex_);
  incoming_paused_ = outgoing_paused_ = false;
}

ProgressWatch::State Transfer::progress() {
  curl_off_t uploaded = 0;
  curl().easy_getinfo(handle.get(), CURLINFO_SIZE_UPLOAD_T, &uploaded);
  const std::lock_guard lock(mutex_);
  return {.moved = received_ + static_cast<std::uint64_t>(uploaded),
          .sent_all = has_body && received_ == 0 && static_cast<std::uint64_t>(uploaded) >= body_size,
          .waits_for_us = !connected || incoming_paused_ || outgoing_paused_};
}

bool Transfer::wants_source() const {
  return has_body && !source_ended_ && outgoing_.size() - outgoing_at_ < kBuffered / 2;
}

Transfer::Task Transfer::next(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const bool woken = changed_.wait(lock, stop, [this] {
    return (head_done_ && !head_taken_) || !incoming_.empty() || wants_source() || end_;
  });
  Task task;
  if (!woken) {
    task.cancelled = true;
    return task;
  }
  if (head_done_ && !head_taken_) {
    head_taken_ = true;
    task.head = head_;
  }
  task.body.swap(incoming_);
  task.resume = incoming_paused_;
  if (end_)
    task.end = end_;
  else if (wants_source())
    task.send = round_;
  return task;
}

bool Transfer::give(unsigned round, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (round != round_) return false;  // meant for a round that is over
  if (bytes.empty()) source_ended_ = true;
  outgoing_.append(bytes);
  return outgoing_paused_;
}

std::string Transfer::error_body() {
  const std::lock_guard lock(mutex_);
  return error_body_;
}

std::uint64_t Transfer::body_received() {
  const std::lock_guard lock(mutex_);
  return body_received_;
}

}  // namespace stillage::net
