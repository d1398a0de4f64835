// SPDX-License-Identifier: MIT
#pragma once
// A child process that we ask and that answers, line by line, over two pipes of their own (descriptors 3 and
// 4 there), so that whatever it prints can't get into the answers. Its standard input is empty, its standard
// output goes where our standard error goes. It is killed at the end of this object's life.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::os {

class TalkingChild {
 public:
  /// Where the child writes its answers and reads our questions.
  static constexpr int kAnswers = 3;
  static constexpr int kQuestions = 4;

  struct Spec {
    std::vector<std::string> argv;         ///< the program first, looked up in our PATH
    std::vector<std::string> environment;  ///< NAME=value
    std::string dir;
    std::uint64_t longest_answer = std::uint64_t{64} << 20;
  };

  /// Starts it; an io error if that fails, most often because the program is missing.
  static Result<TalkingChild> start(const Spec& spec);
  TalkingChild(TalkingChild&& other) noexcept;
  TalkingChild& operator=(TalkingChild&& other) noexcept;
  ~TalkingChild();

  /// Ends the child at once, so that whoever waits for its answer gets an error; from any thread.
  void kill() const;

  /// Sends one line. An io error if the child has gone.
  Status ask(std::string_view line);
  /// The next line, without its end. Errors: `timeout`; io if the child ended before the line did.
  Result<std::string> answer(std::chrono::milliseconds patience);

 private:
  TalkingChild() = default;

  pid_t pid_ = -1;
  Fd questions_;
  Fd answers_;
  std::string received_;
  std::uint64_t longest_answer_ = 0;
};

}  // namespace stillage::os
