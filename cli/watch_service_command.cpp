// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "commands.h"
#include "interrupt.h"
#include "os/checkout_dir.h"
#include "os/file.h"
#include "run/environment.h"
#include "watch/client.h"
#include "watch/service.h"
#include "watched_run.h"
#include "workspace/root.h"

namespace stillage::cli {
namespace {

/// What the service says to who has started it, before its own first breath is over.
constexpr std::string_view kStarted = "+";

Result<std::string> find_checkout() {
  STILLAGE_ASSIGN(const std::string here, os::current_dir());
  const run::Environment environment = run::Environment::of_process();
  STILLAGE_ASSIGN(const workspace::Root root,
                  workspace::find_root(here, environment.value_or("PREFERRED_WORKSPACE_MANAGER", "")));
  return root.dir;
}

Status serve(watch::Service& service) {
  const Interrupt interrupt;
  return service.run(interrupt.token());
}

/// In a process of its own, which nobody waits for.
[[noreturn]] void serve_apart(const std::string& root, const std::string& state_folder, os::Fd told) {
  (void)::setsid();
  auto service = watch::Service::open(root, state_folder);
  const std::string word = service ? std::string(kStarted) : service.error().message;
  (void)os::write_all(told.get(), word, "a pipe");
  if (!service) ::_exit(1);
  told.close();
  // Neither the folder nor the terminal that it was started from is held back.
  (void)::chdir("/");
  if (const auto null = os::open_path("/dev/null", O_RDWR))
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) (void)::dup2(null->get(), stream);
  const Status served = serve(**service);
  service->reset();
  ::_exit(served ? 0 : 1);
}

Status start_apart(const std::string& root, const std::string& state_folder) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return os::io_error("make", "a pipe");
  os::Fd heard(ends[0]), told(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return os::io_error("start", "the watcher service");
  if (child == 0) {
    heard.close();
    serve_apart(root, state_folder, std::move(told));
  }
  told.close();
  STILLAGE_ASSIGN(const std::string word, os::read_all(heard.get(), "a pipe"));
  if (word == kStarted) return {};
  return fail(ErrorKind::unsupported,
              "the watcher service can't start: " + (word.empty() ? "it has ended" : word));
}

Result<int> start(const std::string& root, const std::string& state_folder, bool in_foreground) {
  STILLAGE_ASSIGN(const std::string plans, plans_folder());
  STILLAGE_TRY(os::make_dirs(plans, 0700));
  if (const auto there = watch::Client(state_folder).status()) {
    fmt::print("the watcher service of {} is at work already (process {})\n", root, there->pid);
    return 0;
  }
  if (!in_foreground) {
    STILLAGE_TRY(start_apart(root, state_folder));
    fmt::print("the watcher service of {} is at work\n", root);
    return 0;
  }
  STILLAGE_ASSIGN(const auto service, watch::Service::open(root, state_folder));
  fmt::print("the watcher service of {} is at work\n", root);
  std::fflush(stdout);
  STILLAGE_TRY(serve(*service));
  return 0;
}

Result<int> stop(const std::string& root, const std::string& state_folder) {
  const watch::Client client(state_folder);
  if (!client.status()) {
    fmt::print("no watcher service of {} is at work\n", root);
    return 0;
  }
  if (!client.stop()) return fail(ErrorKind::timeout, "the watcher service does not end");
  fmt::print("the watcher service of {} has ended\n", root);
  return 0;
}

Result<int> tell_status(const std::string& root, const std::string& state_folder) {
  const auto status = watch::Client(state_folder).status();
  if (!status) {
    fmt::print("no watcher service of {} is at work\n", root);
    return 1;
  }
  fmt::print("the watcher service of {} is at work: process {}, {} watches\n", root, status->pid,
             status->watches);
  if (!status->reason.empty())
    fmt::print("but runs do not use it: {}\n", status->reason);
  else if (status->completed_ns == 0)
    fmt::print("no run has said yet what is to be watched\n");
  return 0;
}

}  // namespace

Result<int> watch_service(const WatchServiceCommand& command) {
  STILLAGE_ASSIGN(const std::string root, find_checkout());
  STILLAGE_ASSIGN(const std::string state_folder, os::open_checkout_dir(root));
  switch (command.verb) {
    case WatchServiceVerb::start:
      return start(root, state_folder, command.in_foreground);
    case WatchServiceVerb::stop:
      return stop(root, state_folder);
    case WatchServiceVerb::status:
      return tell_status(root, state_folder);
  }
  return 0;
}

}  // namespace stillage::cli
