// SPDX-License-Identifier: MIT
#include "watch/service.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>

#include "base/log.h"
#include "os/file.h"
#include "os/stat.h"
#include "watch/channel.h"

namespace stillage::watch {
namespace {

constexpr std::chrono::milliseconds kClientPatience{500};
constexpr std::size_t kMostPathsTold = 1'000;
/// New watches between two looks at who asks.
constexpr std::size_t kWatchesInARow = 512;
/// Of so many paths one may have changed, and no more than that altogether, before all are looked at again.
constexpr std::size_t kPathsForAChange = 50;
constexpr std::size_t kMostOutdatedLooks = 500;

std::uint64_t new_instance() {
  std::random_device random;
  std::uint64_t number = 0;
  while (number == 0) number = (std::uint64_t{random()} << 32) | random();
  return number;
}

Answer unknown(std::string reason) {
  Answer answer;
  answer.reason = std::move(reason);
  return answer;
}

}  // namespace

std::string watch_folder(const std::string& state_folder) {
  return state_folder + "/watch";
}

std::string cookie_folder(const std::string& state_folder) {
  return watch_folder(state_folder) + "/cookies";
}

Service::Service(std::string root, std::string state_folder, os::FileLock lock)
    : root_(std::move(root)),
      folder_(watch_folder(state_folder)),
      cookies_(cookie_folder(state_folder)),
      mount_namespace_(mount_namespace()),
      lock_(std::move(lock)) {}

Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::open(const std::string& root, const std::string& state_folder) {
  const std::string folder = watch_folder(state_folder);
  STILLAGE_TRY(os::make_dirs(folder, 0700));
  STILLAGE_TRY(os::make_dirs(cookie_folder(state_folder), 0700));
  STILLAGE_ASSIGN(auto lock, os::FileLock::try_acquire(folder + "/lock"));
  if (!lock) return fail(ErrorKind::invalid, "a watcher service of this checkout is at work already");
  std::unique_ptr<Service> service(new Service(root, state_folder, std::move(*lock)));
  STILLAGE_ASSIGN(service->mountinfo_, os::open_path("/proc/self/mountinfo", O_RDONLY));
  STILLAGE_TRY(service->start_over());
  if (!service->mounts_.obstacle.empty()) return fail(ErrorKind::unsupported, service->mounts_.obstacle);
  STILLAGE_ASSIGN(service->listener_, listen_in(folder));
  return service;
}

std::vector<std::string> Service::places() const {
  std::vector<std::string> places = {root_, folder_};
  if (const auto list = read_watch_list(folder_))
    places.insert(places.end(), list->list.bases.begin(), list->list.bases.end());
  for (std::string& place : places) place = os::real_path(place).value_or(place);
  return places;
}

Status Service::start_over() {
  instance_ = new_instance();
  looking_.reset();
  looked_since_ = 0;
  watch_.reset();  // first: there may be room for one only
  places_ = places();
  STILLAGE_ASSIGN(mounts_, read_mounts(places_));
  STILLAGE_ASSIGN(watch_, TreeWatch::open(root_, cookies_));
  register_list();
  return {};
}

void Service::register_list() {
  looking_.reset();
  wants_looks_ = true;
  if (!mounts_.obstacle.empty()) return;
  if (auto list = read_watch_list(folder_)) watch_->begin(std::move(*list));
}

bool Service::looks_are_good() const {
  if (looked_since_ == 0) return false;
  const WatchList& list = watch_->list()->list;
  const std::size_t most = std::min(looked_at_ / kPathsForAChange, kMostOutdatedLooks);
  if (list.folders.size() + list.files.size() > looked_at_ + most) return false;
  const auto changes = watch_->changes_since(looked_since_, most);
  return changes.is_known && !changes.is_cut;
}

/// Looks at what is watched, once it is, and if earlier looks are not worth much any more.
bool Service::go_on_looking() {
  const TreeWatch::Registration& registration = watch_->registration();
  if (!wants_looks_ || registration.completed_ns == 0 || !registration.failure.empty()) return false;
  if (!looking_) {
    wants_looks_ = !looks_are_good();
    if (!wants_looks_) return false;
    looking_.emplace(root_, *watch_);
  }
  if (looking_->go_on(kWatchesInARow)) return true;
  if (const Status written = looking_->write(folder_, instance_); !written)
    base::verbose("what was seen is not kept: " + written.error().message);
  looked_since_ = looking_->since();
  looked_at_ = watch_->list()->list.folders.size() + watch_->list()->list.files.size();
  looking_.reset();
  wants_looks_ = false;
  return false;
}

/// A mount covers or uncovers files without a word to who watches them. Asking whether there was one makes
/// the kernel forget it.
Status Service::check_mounts() {
  pollfd mounted = {.fd = mountinfo_.get(), .events = POLLPRI, .revents = 0};
  if (::poll(&mounted, 1, 0) > 0 && (mounted.revents & (POLLPRI | POLLERR)) != 0) is_mounted_anew_ = true;
  if (!is_mounted_anew_) return {};
  is_mounted_anew_ = false;
  STILLAGE_ASSIGN(const Mounts now, read_mounts(places_));
  if (now.described == mounts_.described) return {};
  base::verbose("what is mounted has changed");
  return start_over();
}

/// Watches what the list says now. Times stay what they were, unless the mounts did not.
Status Service::take_list() {
  STILLAGE_TRY(catch_up());
  STILLAGE_ASSIGN(const std::string text, os::read_file("/proc/self/mountinfo"));
  if (mounts_of(text, places_).described != mounts_.described) return start_over();
  places_ = places();
  mounts_ = mounts_of(text, places_);
  register_list();
  return {};
}

Status Service::catch_up() {
  STILLAGE_TRY(check_mounts());
  switch (watch_->drain()) {
    case TreeWatch::Health::good:
      break;
    case TreeWatch::Health::lost:
      base::verbose("more has changed at once than the kernel keeps");
      return start_over();
    case TreeWatch::Health::gone:
      is_gone_ = true;
      break;
  }
  return {};
}

Answer Service::tell_changes(const Question& question) {
  if (question.mount_namespace != mount_namespace_) return unknown("it sees other mounts");
  if (!mounts_.obstacle.empty()) return unknown(mounts_.obstacle);
  // What happened before the cookie was made is known when the cookie is.
  if (const Status caught_up = catch_up(); !caught_up) return unknown(caught_up.error().message);
  if (is_gone_) return unknown("the checkout is not at its place any more");
  if (!watch_->take_cookie(question.cookie)) return unknown("the cookie was not seen");
  const TreeWatch::Registration& registration = watch_->registration();
  Answer answer;
  answer.instance = instance_;
  answer.digest = registration.digest;
  answer.since = registration.since;
  answer.completed_ns = registration.completed_ns;
  answer.reason = registration.failure;
  if (question.instance != 0 && question.instance != instance_) {
    answer.reason = "it has started over since";
    return answer;
  }
  auto changes =
      watch_->changes_since(question.since == 0 ? registration.since : question.since, kMostPathsTold);
  answer.is_known = changes.is_known && registration.failure.empty();
  answer.is_cut = changes.is_cut;
  answer.paths = std::move(changes.paths);
  return answer;
}

Answer Service::answer(const Question& question) {
  switch (question.kind) {
    case QuestionKind::changes:
      return tell_changes(question);
    case QuestionKind::watch:
      if (const Status taken = take_list(); !taken) return unknown(taken.error().message);
      return {};
    case QuestionKind::status: {
      if (const Status caught_up = catch_up(); !caught_up) return unknown(caught_up.error().message);
      const TreeWatch::Registration& registration = watch_->registration();
      Answer answer = unknown(mounts_.obstacle.empty() ? registration.failure : mounts_.obstacle);
      answer.completed_ns = registration.completed_ns;
      answer.pid = ::getpid();
      answer.watches = watch_->watches();
      return answer;
    }
    case QuestionKind::stop:
      is_told_to_stop_ = true;
      break;
  }
  return {};
}

void Service::serve(int client) {
  const auto payload = receive_message(client, kMostQuestionBytes, kClientPatience);
  const auto question = payload ? parse_question(*payload) : std::nullopt;
  if (question) (void)send_message(client, encode(answer(*question)), kClientPatience);
}

Status Service::run(const std::stop_token& stop) {
  const os::Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return os::io_error("wait in", folder_);
  const std::stop_callback on_stop(stop, [&] { (void)::eventfd_write(wake.get(), 1); });
  bool is_busy = true;
  while (!is_gone_ && !is_told_to_stop_ && !stop.stop_requested()) {
    std::array<pollfd, 4> wanted = {{{watch_->fd(), POLLIN, 0},
                                     {listener_.get(), POLLIN, 0},
                                     {mountinfo_.get(), POLLPRI, 0},
                                     {wake.get(), POLLIN, 0}}};
    (void)::poll(wanted.data(), wanted.size(), is_busy ? 0 : -1);
    if ((wanted[2].revents & (POLLPRI | POLLERR)) != 0) is_mounted_anew_ = true;
    STILLAGE_TRY(catch_up());
    if (const auto client = accept_own(listener_.get())) serve(client->get());
    if (!watch_) return fail(ErrorKind::unsupported, "what changes in " + root_ + " can't be told any more");
    is_busy = watch_->go_on(kWatchesInARow) || go_on_looking();
  }
  return {};
}

}  // namespace stillage::watch
