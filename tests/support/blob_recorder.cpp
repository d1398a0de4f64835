// SPDX-License-Identifier: MIT
#include "support/blob_recorder.h"

#include <cstdlib>

#include "base/strings.h"
#include "net/percent.h"

namespace stillage::test {
namespace {

RecordedRequest parse_head(const std::string& head) {
  RecordedRequest request;
  const auto lines = base::split(head, '\n');
  const auto words = base::split(base::trim(lines.front()), ' ');
  request.method = words.front();
  if (words.size() > 1) request.target = words[1];
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    if (colon != std::string_view::npos)
      request.headers[base::to_lower(lines[i].substr(0, colon))] = base::trim(lines[i].substr(colon + 1));
  }
  return request;
}

std::string parameter(const std::string& target, const std::string& name) {
  const std::size_t query = target.find('?');
  if (query == std::string::npos) return "";
  for (const std::string_view part : base::split(std::string_view(target).substr(query + 1), '&'))
    if (part.starts_with(name + "=")) return net::percent_decode(part.substr(name.size() + 1)).value_or("");
  return "";
}

}  // namespace

BlobRecorder::BlobRecorder() : server_([this](Connection& connection) { serve(connection); }) {}

std::vector<RecordedRequest> BlobRecorder::take_requests() {
  const std::lock_guard lock(mutex_);
  return std::exchange(requests_, {});
}

std::map<std::string, std::string> BlobRecorder::blobs() {
  const std::lock_guard lock(mutex_);
  return blobs_;
}

void BlobRecorder::set_blob(const std::string& path, std::string bytes) {
  const std::lock_guard lock(mutex_);
  blobs_[path] = std::move(bytes);
}

void BlobRecorder::serve(Connection& connection) {
  while (true) {
    const std::string head = connection.read_head();
    if (head.empty()) return;
    RecordedRequest request = parse_head(head);
    const auto length = request.headers.find("content-length");
    if (length != request.headers.end())
      request.body = connection.read_body(std::strtoull(length->second.c_str(), nullptr, 10));
    std::string reply;
    {
      const std::lock_guard lock(mutex_);
      reply = answer(request);
      requests_.push_back(std::move(request));
    }
    if (!connection.send(reply)) return;
  }
}

std::string BlobRecorder::answer(const RecordedRequest& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (request.method == "GET") {
    const auto blob = blobs_.find(path);
    if (blob == blobs_.end())
      return http_answer(404, "<Error/>",
                         "x-ms-error-code: BlobNotFound\r\nContent-Type: application/xml\r\n");
    return http_answer(200, blob->second,
                       "Content-Type: application/octet-stream\r\nx-ms-blob-type: BlockBlob\r\n");
  }
  const std::string part = parameter(request.target, "comp");
  if (request.method == "PUT" && part == "block") {
    blocks_[path + "?" + parameter(request.target, "blockid")] = request.body;
    return http_answer(201, "");
  }
  if (request.method == "PUT" && part == "blocklist") {
    std::string bytes;
    for (std::size_t at = 0; (at = request.body.find("<Latest>", at)) != std::string::npos; ++at)
      bytes += blocks_[path + "?" + request.body.substr(at + 8, request.body.find('<', at + 8) - at - 8)];
    blobs_[path] = bytes;
    return http_answer(201, "");
  }
  return http_answer(400, "", "x-ms-error-code: UnsupportedHttpVerb\r\n");
}

}  // namespace stillage::test
