// SPDX-License-Identifier: MIT
// The store of an npm registry under the contract: a program, and a test, of its own, so that one registry
// serves all of it.
#include "blob/npm_store.h"
#include "blob/retry_store.h"
#include "contract/blob_store_contract.h"
#include "support/verdaccio.h"

namespace stillage::test {
namespace {

class NpmPlace final : public BlobPlace {
 public:
  std::shared_ptr<blob::BlobStore> open() override {
    // Who publishes different versions of one package at once gets in the others' way, which is for a second
    // attempt to mend.
    return std::make_shared<blob::RetryStore>(std::make_shared<blob::NpmStore>(registry().npm(package_)),
                                              blob::Retrier({.attempts = 8}));
  }
  // Each call starts Node, and npm holds a package in memory several times over.
  ContractScale scale() const override { return {.many_calls = false, .big = 24 << 20}; }
  // verdaccio takes the tarball and the manifest of a version in two steps, each of them from whoever comes.
  ServerDefects defects() const override { return {.gaps = true}; }

 private:
  /// One for all: a package is an empty place as well.
  static const Verdaccio& registry() {
    static const Verdaccio verdaccio;
    return verdaccio;
  }
  static std::string next_package() {
    static int last = 0;
    return "@cache/place-" + std::to_string(++last);
  }
  const std::string package_ = next_package();
};

INSTANTIATE_TEST_SUITE_P(Stores, BlobStoreContract,
                         ::testing::Values(BlobStoreCase{"npm", [] { return std::make_unique<NpmPlace>(); }}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace stillage::test
