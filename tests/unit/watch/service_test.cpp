// SPDX-License-Identifier: MIT
#include "watch/service.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <filesystem>

#include "watch/channel.h"
#include "watched_repo.h"

namespace stillage::watch {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class WatcherService : public testing::Test, protected WatchedRepo {
 protected:
  WatcherService() { start(); }
};

TEST_F(WatcherService, TellsWhatChangedBeforeTheQuestion) {
  watch_all();
  const auto first = client().changes();
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->is_known);
  EXPECT_THAT(first->paths, IsEmpty());
  for (int i = 0; i < 200; ++i) {
    const std::string name = "src/" + std::to_string(i);
    dir.write("repo/" + name, "");
    const auto answer = client().changes(first->instance, first->since);
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->is_known);
    EXPECT_THAT(answer->paths, Contains(dir / ("repo/" + name)));
  }
  EXPECT_TRUE(client().changes()->is_known);
  EXPECT_TRUE(fs::is_empty(cookie_folder(state)));
}

TEST_F(WatcherService, AnotherOneKnowsNothingOfEarlierTimes) {
  watch_all();
  const auto first = client().changes();
  ASSERT_TRUE(first && first->is_known);
  stop();
  EXPECT_FALSE(client().changes());
  start();
  const auto second = client().changes(first->instance, first->since);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->is_known);
}

TEST_F(WatcherService, ARestartWatchesWhatWasWatched) {
  watch_all();
  stop();
  start();
  wait_until_complete();
  const auto answer = client().changes();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->digest, read_watch_list(watch_folder(state))->list.digest);
  dir.write("repo/src/x", "changed");
  EXPECT_THAT(client().changes()->paths, Contains(dir / "repo/src/x"));
}

TEST_F(WatcherService, ThereIsOneForACheckout) {
  const auto second = Service::open(dir / "repo", state);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("at work already"));
  EXPECT_TRUE(client().status());
}

TEST_F(WatcherService, EndsWhenToldOrWhenTheCheckoutIsMoved) {
  {
    const std::jthread stopper([this] { EXPECT_TRUE(client().stop()); });
    wait_for_end();
  }
  start();
  ASSERT_TRUE(client().status());
  fs::rename(dir / "repo", dir / "moved");
  wait_for_end();
  EXPECT_FALSE(client().status());
  EXPECT_FALSE(Service::open(dir / "repo", state));
}

TEST_F(WatcherService, WithoutACookieOrFromOtherMountsNothingIsKnown) {
  watch_all();
  const auto ask = [&](const Question& question) {
    const auto socket = connect_in(watch_folder(state));
    EXPECT_TRUE(socket && send_message(socket->get(), encode(question), kServicePatience));
    const auto payload = receive_message(socket->get(), kMostAnswerBytes, kServicePatience);
    return payload ? parse_answer(*payload) : std::nullopt;
  };
  Question question{
      .kind = QuestionKind::changes, .cookie = "made by nobody", .mount_namespace = mount_namespace()};
  const auto without = ask(question);
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->is_known);
  question.mount_namespace = "mnt:[1]";
  EXPECT_FALSE(ask(question)->is_known);
}

TEST_F(WatcherService, NonsenseGetsNoAnswerAndHarmsNobody) {
  watch_all();
  for (const std::string& nonsense :
       {std::string(), std::string("x"), std::string(40, '\xff'),
        encode(Question{.kind = static_cast<QuestionKind>(9), .cookie = {}, .mount_namespace = {}})}) {
    const auto socket = connect_in(watch_folder(state));
    ASSERT_TRUE(socket);
    EXPECT_TRUE(send_message(socket->get(), nonsense, kServicePatience));
    EXPECT_FALSE(receive_message(socket->get(), kMostAnswerBytes, kServicePatience));
  }
  {
    const auto socket = connect_in(watch_folder(state));
    ASSERT_TRUE(socket);
    const std::string huge(8, '\x7f');
    EXPECT_EQ(::send(socket->get(), huge.data(), huge.size(), MSG_NOSIGNAL), 8);
    EXPECT_FALSE(receive_message(socket->get(), kMostAnswerBytes, kServicePatience));
  }
  EXPECT_TRUE(client().changes()->is_known);
}

TEST_F(WatcherService, OneThatIsNotThereOrNotAliveIsNobody) {
  stop();
  // The socket of one that was killed.
  EXPECT_TRUE(fs::exists(watch_folder(state) + "/socket"));
  EXPECT_FALSE(client().changes());
  EXPECT_FALSE(client().status());
  fs::remove(watch_folder(state) + "/socket");
  EXPECT_FALSE(client().changes());
  start();
  EXPECT_TRUE(client().status());
}

TEST(Wire, EveryCutIsNoMessage) {
  const std::string question =
      encode(Question{.kind = QuestionKind::changes, .cookie = "c", .mount_namespace = "m"});
  Answer answer;
  answer.paths = {"/a", "/b"};
  answer.reason = "r";
  const std::string told = encode(answer);
  ASSERT_TRUE(parse_question(question) && parse_answer(told));
  EXPECT_EQ(parse_answer(told)->paths, answer.paths);
  for (std::size_t size = 0; size < question.size(); ++size)
    EXPECT_FALSE(parse_question(question.substr(0, size)));
  for (std::size_t size = 0; size < told.size(); ++size) EXPECT_FALSE(parse_answer(told.substr(0, size)));
}

}  // namespace
}  // namespace stillage::watch
