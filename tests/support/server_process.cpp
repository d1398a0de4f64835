// SPDX-License-Identifier: MIT
#include "support/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "os/command.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/process.h"

namespace stillage::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

}  // namespace

std::uint16_t free_port() {
  const os::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("a loopback port");
    std::abort();
  }
  return ntohs(address.sin_port);
}

bool accepts_connections(std::uint16_t port) {
  const os::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

ServerProcess::ServerProcess(ServerSpec spec) : spec_(std::move(spec)) {
  // A proxy of the machine has no business between a test and its server.
  ::setenv("no_proxy", "127.0.0.1,localhost", 1);
  constexpr int kTries = 5;
  for (int i = 0; i < kTries; ++i) {
    start();
    if (wait_until_ready()) return;
  }
  give_up("it ends by itself");
}

ServerProcess::~ServerProcess() {
  stop();
}

void ServerProcess::start() {
  port_ = free_port();
  std::vector<std::string> command = spec_.command(port_);
  const char* const path = std::getenv("PATH");
  const auto program = os::find_program(
      command.front(), std::string(path != nullptr ? path : "") + ":/usr/local/sbin:/usr/sbin:/sbin",
      spec_.dir);
  if (!program) give_up(command.front() + " is not installed; " + spec_.install);
  command.front() = *program;
  // The kernel ends it when this process dies in a way that runs no destructor.
  command.insert(command.begin(), {"/usr/bin/setpriv", "--pdeathsig", "KILL"});
  std::vector<std::string> environment = os::environment();
  environment.insert(environment.end(), spec_.environment.begin(), spec_.environment.end());

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string log_file = spec_.dir + "/" + spec_.name + ".log";
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&actions, spec_.dir.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const int error = ::posix_spawn(&pid_, command.front().c_str(), &actions, &attributes,
                                  pointers(command).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    pid_ = -1;
    give_up("cannot start it: " + os::errno_text(error));
  }
}

bool ServerProcess::wait_until_ready() {
  const auto deadline = std::chrono::steady_clock::now() + spec_.patience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (has_ended()) return false;
    if (spec_.ready ? spec_.ready(port_) : accepts_connections(port_)) return !has_ended();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  give_up("it does not answer within " + std::to_string(spec_.patience.count()) + " s");
}

bool ServerProcess::has_ended() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ < 0;
}

void ServerProcess::stop() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

std::string ServerProcess::log() const {
  return os::read_file(spec_.dir + "/" + spec_.name + ".log").value_or("");
}

void ServerProcess::give_up(const std::string& why) const {
  std::fprintf(stderr, "this test needs %s: %s\n%s", spec_.name.c_str(), why.c_str(), log().c_str());
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
  std::exit(1);
}

}  // namespace stillage::test
