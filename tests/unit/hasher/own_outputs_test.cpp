// SPDX-License-Identifier: MIT
// What is told where the outputs that a target declares are sources.

#include <gmock/gmock.h>

#include "base/log.h"
#include "unit/hasher/checkout.h"

namespace stillage {
namespace {

using test::Checkout;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OwnOutputs : public test::OwnCache {
 protected:
  OwnOutputs() {
    target.dependencies = {};
    target.outputs_origin = "stillage.config.json:4";
    before_ = base::set_log_sink([this](base::LogLevel level, std::string_view message) {
      if (level == base::LogLevel::warn) told.emplace_back(message);
    });
  }
  ~OwnOutputs() override { base::set_log_sink(before_); }

  /// The key, asked for as often as a run does; "" and `error` where there is none.
  std::string key() {
    options.targets = {target};
    TargetHasher hasher(options);
    EXPECT_TRUE(hasher.initialize().has_value());
    const auto made = hasher.hash(target);
    error = made ? "" : made.error().message;
    if (made) {
      EXPECT_TRUE(hasher.changed_input(target).has_value());
    }
    return made.value_or("");
  }

  Checkout repo;
  Target target = repo.app();
  TargetHasherOptions options = repo.options();
  std::vector<std::string> told;
  std::string error;

 private:
  base::LogSink before_;
};

TEST_F(OwnOutputs, ThatAreTrackedAreToldOnceWithNumberAndFirst) {
  target.outputs = {"src/**", "lib/**"};
  EXPECT_NE(key(), "");
  EXPECT_THAT(told,
              ElementsAre(AllOf(HasSubstr("stillage.config.json:4: outputs of @x/app#build match 2 tracked"),
                                HasSubstr("packages/app/src/a.ts"), HasSubstr("\"!\""))));
}

TEST_F(OwnOutputs, ThatAreNotTrackedAreNotTold) {
  repo.write("packages/app/lib/a.js", "made");
  target.outputs = {"lib/**"};
  EXPECT_NE(key(), "");
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(OwnOutputs, ThatLeaveNoSourceAreAnError) {
  target.outputs = {"**/*"};
  EXPECT_EQ(key(), "");
  EXPECT_THAT(error,
              AllOf(HasSubstr("@x/app#build: stillage.config.json:4: declared outputs match every input"),
                    HasSubstr("packages/app/")));
  EXPECT_EQ(key(), "") << "each time that it is asked for";
  target.outputs = {"**/*", "!package.json"};
  EXPECT_NE(key(), "");
}

TEST_F(OwnOutputs, ThatLeaveNoSelectedSourceAreAnError) {
  target.inputs = {"src/**"};
  target.outputs = {"src/**"};
  EXPECT_EQ(key(), "");
  target.inputs = {"src/**", "run.sh"};
  EXPECT_NE(key(), "");
}

TEST_F(OwnOutputs, ThatLeaveNoSourceAreAnErrorWithoutGit) {
  repo.remove(".git");
  target.outputs = {"**/*"};
  EXPECT_EQ(key(), "");
  EXPECT_THAT(error, HasSubstr("declared outputs match every input"));
}

TEST_F(OwnOutputs, InputsThatSelectNothingAreNoErrorOfOutputs) {
  target.inputs = {"nothing/**"};
  target.outputs = {"**/*"};
  EXPECT_NE(key(), "");
  target.inputs = std::vector<std::string>();
  EXPECT_NE(key(), "");
}

}  // namespace
}  // namespace stillage
