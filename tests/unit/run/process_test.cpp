// SPDX-License-Identifier: MIT
#include "os/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <functional>

#include "os/file.h"
#include "support/in_time.h"
#include "support/temp_dir.h"

namespace stillage::os {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

struct Outcome {
  ProcessEnd end;
  std::string out, err, all;
  ProcessId id;
};

ProcessSpec shell(std::string script, const std::string& cwd = "/") {
  return {.argv = {"sh", "-c", std::move(script)}, .env = {"PATH=/usr/local/bin:/usr/bin:/bin"}, .cwd = cwd};
}

Result<Outcome> run(
    const ProcessSpec& spec, std::stop_token stop = {}, const std::function<void()>& on_output = [] {}) {
  Outcome outcome;
  const ProcessWatch watch{[&](ProcessId id) { outcome.id = id; },
                           [&](OutputStream stream, std::string_view text) {
                             (stream == OutputStream::out ? outcome.out : outcome.err) += text;
                             outcome.all += text;
                             on_output();
                           }};
  STILLAGE_ASSIGN(outcome.end, run_process(spec, watch, std::move(stop)));
  return outcome;
}

/// Asks it to stop when it has said something.
Result<Outcome> run_and_stop(const ProcessSpec& spec) {
  std::stop_source source;
  return run(spec, source.get_token(), [&] { source.request_stop(); });
}

bool is_alive(pid_t pid) {
  return process_info(pid).has_value();
}

TEST(Process, GivesOutputOfBothStreamsAndTheExitCode) {
  const auto outcome = run(shell("echo one; sleep 0.2; echo two >&2; sleep 0.2; echo three; exit 7"));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->end.exit_code, 7);
  EXPECT_EQ(outcome->out, "one\nthree\n");
  EXPECT_EQ(outcome->err, "two\n");
  EXPECT_EQ(outcome->all, "one\ntwo\nthree\n");
  EXPECT_FALSE(outcome->end.left_behind);
  EXPECT_GT(outcome->id.pid, 0);
}

TEST(Process, LosesNothingOfALargeOutput) {
  const auto outcome =
      run(shell("i=0; while [ $i -lt 200 ]; do printf '%08192d' $i; i=$((i+1)); done; "
                "dd if=/dev/zero bs=65536 count=64 >&2 2>/dev/null"));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->out.size(), 200U * 8192);
  EXPECT_EQ(outcome->err.size(), 64U * 65536);
}

TEST(Process, SeesExactlyItsEnvironmentFolderAndEmptyInput) {
  test::TempDir dir;
  dir.make_dir("a b\xc3\xa9");
  ProcessSpec spec = shell("env | grep -v '^_=' | sort; cat; ls -l /proc/self/fd", dir / "a b\xc3\xa9");
  spec.env.push_back("X=one two\nthree");
  const auto outcome = run(spec);
  ASSERT_TRUE(outcome);
  EXPECT_NE(outcome->out.find("PATH=/usr/local/bin:/usr/bin:/bin\nPWD=" + dir.path() + "/a b\xc3\xa9\n"),
            std::string::npos)
      << outcome->out;
  EXPECT_NE(outcome->out.find("X=one two\n"), std::string::npos);
  for (const char* const ours : {"eventfd", "pidfd"})
    EXPECT_EQ(outcome->out.find(ours), std::string::npos) << outcome->out;
}

TEST(Process, ASignalIsToldAsAShellTellsIt) {
  const auto outcome = run(shell("kill -9 $$"));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end.signal, SIGKILL);
  EXPECT_EQ(outcome->end.exit_code, 137);
  EXPECT_FALSE(outcome->end.stopped);
}

TEST(Process, MissingProgramsAndFoldersAreErrorsThatNameThem) {
  const auto program = run({.argv = {"no-such-program-x"}, .env = {"PATH=/usr/bin"}, .cwd = "/"});
  ASSERT_FALSE(program);
  EXPECT_NE(program.error().message.find("no-such-program-x"), std::string::npos);
  const auto folder = run(shell("true", "/no/such/folder"));
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find("/no/such/folder"), std::string::npos);
  EXPECT_FALSE(run({.argv = {}, .env = {}, .cwd = ""}));
}

TEST(Process, AProgramOfTheChildsPathWinsAndATextWithoutInterpreterRunsInTheShell) {
  test::TempDir dir;
  dir.write("bin/tool", "echo \"tool $1\"\n", 0755);
  dir.write("other/tool", "not executable", 0644);
  const auto outcome =
      run({.argv = {"tool", "a b"}, .env = {"PATH=" + (dir / "other") + ":" + (dir / "bin")}, .cwd = "/"});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->out, "tool a b\n");
}

TEST(Process, StopEndsTheWholeGroup) {
  const auto began = steady_clock::now();
  const auto outcome = run_and_stop(shell("sleep 60 & echo $!; wait"));
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->end.stopped);
  EXPECT_LT(steady_clock::now() - began, test::in_time(seconds(1)));
  EXPECT_FALSE(is_alive(std::stoi(outcome->out)));
}

TEST(Process, WhatIgnoresTheRequestIsKilledAfterTheGrace) {
  const auto began = steady_clock::now();
  const auto outcome = run_and_stop(
      shell("trap '' TERM; sh -c 'trap \"\" TERM; sleep 60' & echo $!; wait; sleep 60; sleep 60"));
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->end.stopped);
  EXPECT_GE(steady_clock::now() - began, kStopPatience);
  EXPECT_LT(steady_clock::now() - began, test::in_time(seconds(4)));
  EXPECT_FALSE(is_alive(std::stoi(outcome->out)));
  EXPECT_FALSE(is_group_alive(outcome->id.pid));
}

TEST(Process, OneThatHandlesTheRequestEndsInItsOwnWay) {
  const auto outcome = run_and_stop(shell("trap 'echo tidied; exit 3' TERM; echo ready; sleep 60 & wait"));
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->end.stopped);
  EXPECT_EQ(outcome->end.exit_code, 3);
  EXPECT_EQ(outcome->out, "ready\ntidied\n");
}

TEST(Process, AGrandchildThatKeepsTheOutputOpenIsNotWaitedFor) {
  const auto began = steady_clock::now();
  const auto outcome = run(shell("sleep 60 & echo $!"));
  ASSERT_TRUE(outcome);
  EXPECT_LT(steady_clock::now() - began, test::in_time(seconds(1)));
  EXPECT_EQ(outcome->end.exit_code, 0);
  EXPECT_TRUE(outcome->end.left_behind);
  const pid_t pid = std::stoi(outcome->out);
  EXPECT_TRUE(is_alive(pid));
  end_group(outcome->id.pid);
  EXPECT_FALSE(is_alive(pid));
}

TEST(Process, AGrandchildThatWritesElsewhereIsNoticedToo) {
  const auto outcome = run(shell("sleep 60 >/dev/null 2>&1 & echo $!"));
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->end.left_behind);
  end_group(outcome->id.pid);
}

TEST(Process, AGrandchildThatEndsSoonIsWaitedFor) {
  const auto outcome = run(shell("(sleep 0.05; echo late) & echo early"));
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->end.left_behind);
  EXPECT_EQ(outcome->out, "early\nlate\n");
}

TEST(Process, KnowsItself) {
  const ProcessId own = own_process_id();
  EXPECT_EQ(own.pid, ::getpid());
  EXPECT_GT(own.start_time, 0U);
  const auto info = process_info(own.pid);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->start_time, own.start_time);
  EXPECT_EQ(info->parent, ::getppid());
}

}  // namespace
}  // namespace stillage::os
