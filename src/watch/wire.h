// SPDX-License-Identifier: MIT
#pragma once
// What the watcher service and its clients say to each other (docs/formats/watch.md). One connection carries
// one question and its answer, each with its length in front.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace stillage::watch {

/// Who speaks another version is not understood, which is as good as not there.
inline constexpr std::uint32_t kProtocol = 1;
inline constexpr std::size_t kMostQuestionBytes = 64 * 1024;
inline constexpr std::size_t kMostAnswerBytes = 1 << 20;

enum class QuestionKind : std::uint8_t { changes = 1, watch = 2, status = 3, stop = 4 };

struct Question {
  QuestionKind kind = QuestionKind::status;
  // Of `changes`:
  std::string cookie;
  std::string mount_namespace;
  std::uint64_t instance = 0;  ///< whom the time is from; 0: whoever answers
  std::uint64_t since = 0;     ///< 0: since the list was registered
};

struct Answer {
  bool is_known = false;  ///< the changes are all of them
  std::string reason;     ///< why they are not known
  std::uint64_t instance = 0;
  base::Xxh128Digest digest{};     ///< of the list that is watched
  std::uint64_t since = 0;         ///< the time of its registration
  std::int64_t completed_ns = 0;   ///< when that was complete, by steady_ns(); 0: it is not
  std::vector<std::string> paths;  ///< that changed, or some of them if is_cut
  bool is_cut = false;
  std::int64_t pid = 0;
  std::uint64_t watches = 0;
};

std::string encode(const Question& question);
std::optional<Question> parse_question(std::string_view payload);
std::string encode(const Answer& answer);
std::optional<Answer> parse_answer(std::string_view payload);

}  // namespace stillage::watch
