// SPDX-License-Identifier: MIT
// What commands of remote stores need of processes; the rest is tested with the scripts of targets.
#include "os/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "os/command.h"
#include "os/file.h"
#include "support/temp_dir.h"

namespace stillage::os {
namespace {

TEST(ProcessInput, MayBeAnOpenFile) {
  test::TempDir dir;
  dir.write("in", "what it reads");
  const auto file = open_path(dir / "in", O_RDONLY);
  ASSERT_TRUE(file);
  ProcessSpec spec{.argv = {"cat"}, .env = environment(), .input = ProcessSpec::Input::file};
  spec.input_fd = file->get();
  std::string out;
  const auto ended =
      run_process(spec, {.started = {}, .output = [&](OutputStream, std::string_view text) { out += text; }});
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(ended->exit_code, 0);
  EXPECT_EQ(out, "what it reads");
  // The place in the file is shared: how far it has read.
  EXPECT_EQ(::lseek(file->get(), 0, SEEK_CUR), 13);
}

TEST(ProcessWatch, StopsWhatMayNotGoOn) {
  int asked = 0;
  const auto ended = run_process({.argv = {"sleep", "60"}, .env = environment()},
                                 {.started = {}, .output = {}, .may_go_on = [&] { return ++asked < 3; }});
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->stopped);
  EXPECT_EQ(ended->signal, 15);
  EXPECT_EQ(asked, 3);
}

}  // namespace
}  // namespace stillage::os
