// SPDX-License-Identifier: MIT
#include "run/log_capture.h"

#include <gmock/gmock.h>

namespace stillage::run {
namespace {

using testing::ElementsAre;

TEST(LogCapture, JoinsNeighboursOfOneStreamAndKeepsTheOrder) {
  LogCapture log;
  log.add(LogStream::out, "a");
  log.add(LogStream::out, "b");
  log.add(LogStream::err, "c");
  log.add(LogStream::out, "");
  log.add(LogStream::out, "d");
  EXPECT_THAT(log.take(), ElementsAre(LogChunk{LogStream::out, "ab"}, LogChunk{LogStream::err, "c"},
                                      LogChunk{LogStream::out, "d"}));
  EXPECT_TRUE(log.take().empty());
}

TEST(LogCapture, KeepsTheStartAndTheEndOfWhatIsTooLong) {
  LogCapture log(10);
  for (char c = 'a'; c <= 'z'; ++c) log.add(LogStream::out, std::string(2, c));
  EXPECT_THAT(log.take(), ElementsAre(LogChunk{LogStream::out, "aabbccddee"},
                                      LogChunk{LogStream::err, "\n[32 bytes left out]\n"},
                                      LogChunk{LogStream::out, "vvwwxxyyzz"}));
}

TEST(LogCapture, LosesNothingThatFits) {
  LogCapture log(10);
  log.add(LogStream::out, "0123456789abcdefghij");
  std::string text;
  for (const LogChunk& chunk : log.take()) text += chunk.text;
  EXPECT_EQ(text, "0123456789abcdefghij");
}

}  // namespace
}  // namespace stillage::run
