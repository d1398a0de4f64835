// SPDX-License-Identifier: MIT
// What a configuration may say of Azure, and what it is told where it can't be.
#include <gmock/gmock.h>

#include "config/lage_remote.h"
#include "config/store_table.h"
#include "support/temp_dir.h"

namespace stillage::config {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kSecret = "c2VjcmV0";

Result<std::shared_ptr<blob::BlobStore>> open(std::map<std::string, std::string> options) {
  static const run::Environment environment;
  return open_blob_store({.provider = "azure-blob", .options = std::move(options)},
                         {.root = "/", .environment = environment});
}

std::string complaint(std::map<std::string, std::string> options) {
  const auto store = open(std::move(options));
  return store ? "none" : store.error().message;
}

TEST(AzureProvider, ConnectionStringsSayWhoAsksAndWhere) {
  for (const std::string& text :
       {"DefaultEndpointsProtocol=https;AccountName=team;AccountKey=" + kSecret +
            ";EndpointSuffix=core.windows.net",
        "BlobEndpoint=https://team.blob.core.windows.net;SharedAccessSignature=sv=1&sig=" + kSecret}) {
    const auto store = open({{"connectionString", text}, {"container", "cache"}});
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->name(), "the Azure container https://team.blob.core.windows.net/cache");
  }
  EXPECT_THAT(known_providers(), Contains("azure-blob"));
}

TEST(AzureProvider, ComplaintsNameTheOptionAndNoSecret) {
  const std::string good = "AccountName=team;AccountKey=" + kSecret + ";EndpointSuffix=core.windows.net";
  EXPECT_THAT(complaint({{"container", "c"}}), HasSubstr("cacheStorageConfig.options.connectionString"));
  EXPECT_THAT(complaint({{"connectionString", good}}), HasSubstr("cacheStorageConfig.options.container"));
  for (const char* const container : {"Cache", "../other", "a/b", "a_b", "a?b"})
    EXPECT_THAT(complaint({{"connectionString", good}, {"container", container}}),
                HasSubstr("can't be the name of a container"));
  EXPECT_THAT(complaint({{"connectionString", good}, {"container", "c"}, {"contaner", "d"}}),
              HasSubstr("options.contaner (azure-blob) is not known"));
  EXPECT_THAT(complaint({{"connectionString", good}, {"endpoint", "https://x"}, {"container", "c"}}),
              HasSubstr("both given"));
  for (const std::string& text :
       {"AccountKey=" + kSecret, "AccountName=a;AccountKey=" + kSecret + "%;EndpointSuffix=x",
        kSecret + " is no URL"})
    EXPECT_THAT(complaint({{"connectionString", text}, {"container", "c"}}),
                AllOf(HasSubstr("options.connectionString (azure-blob)"), Not(HasSubstr(kSecret))));
}

TEST(AzureProvider, PlainBackfillTakesItsProvidersOnly) {
  const test::TempDir dir;
  const run::Environment environment;
  BackfillOptions options;
  options.package_root = dir.path();
  EXPECT_TRUE(open_backfill_cache(options, environment));
  options.cache_storage_config = {.provider = "folder", .options = {{"path", "x"}}};
  const auto refused = open_backfill_cache(options, environment);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("\"folder\""));
}

}  // namespace
}  // namespace stillage::config
