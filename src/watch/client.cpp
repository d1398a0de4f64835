// SPDX-License-Identifier: MIT
#include "watch/client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include "os/at.h"
#include "os/file.h"
#include "watch/channel.h"
#include "watch/mounts.h"
#include "watch/service.h"

namespace stillage::watch {
namespace {

/// A file that is made for the service to see, and gone at the end.
class Cookie {
 public:
  explicit Cookie(const std::string& folder) {
    static std::atomic<unsigned> counter = 0;
    std::random_device random;
    name_ = fmt::format("{}-{:08x}{:08x}-{}", ::getpid(), random(), random(), ++counter);
    path_ = folder + "/" + name_;
    is_made_ = os::open_path(path_, O_WRONLY | O_CREAT | O_EXCL, 0600).has_value();
  }
  ~Cookie() {
    if (is_made_) (void)os::unlink_at(AT_FDCWD, path_);
  }
  Cookie(const Cookie&) = delete;
  Cookie& operator=(const Cookie&) = delete;

  bool is_made() const { return is_made_; }
  const std::string& name() const { return name_; }

 private:
  std::string name_, path_;
  bool is_made_ = false;
};

}  // namespace

std::optional<Answer> Client::ask(const Question& question) const {
  // Who was silent once in the life of this process is not waited for again.
  static std::atomic<bool> is_silent = false;
  const auto socket = is_silent ? std::nullopt : connect_in(watch_folder(state_folder_));
  if (!socket || !send_message(socket->get(), encode(question), kServicePatience)) return std::nullopt;
  const auto asked = std::chrono::steady_clock::now();
  const auto payload = receive_message(socket->get(), kMostAnswerBytes, kServicePatience);
  if (!payload) is_silent = std::chrono::steady_clock::now() - asked >= kServicePatience;
  return payload ? parse_answer(*payload) : std::nullopt;
}

std::optional<Answer> Client::changes(std::uint64_t instance, std::uint64_t since) const {
  const Cookie cookie(cookie_folder(state_folder_));
  if (!cookie.is_made()) return std::nullopt;
  return ask({.kind = QuestionKind::changes,
              .cookie = cookie.name(),
              .mount_namespace = mount_namespace(),
              .instance = instance,
              .since = since});
}

bool Client::watch() const {
  return ask({.kind = QuestionKind::watch, .cookie = {}, .mount_namespace = {}}).has_value();
}

std::optional<Answer> Client::status() const {
  return ask({.kind = QuestionKind::status, .cookie = {}, .mount_namespace = {}});
}

bool Client::stop() const {
  if (!ask({.kind = QuestionKind::stop, .cookie = {}, .mount_namespace = {}})) return false;
  // It holds the lock until its end.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < end) {
    const auto lock = os::FileLock::try_acquire(watch_folder(state_folder_) + "/lock");
    if (lock && *lock) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

}  // namespace stillage::watch
