// SPDX-License-Identifier: MIT
#pragma once
// What every CacheProvider promises, as a suite: an implementation instantiates it with a way to make one
// over an empty cache. Suites run in a checkout of their own (see CacheTest).

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "stillage/cache_provider.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {

/// Gives the test's way to make the base provider, and its folders; makes the provider as a new process
/// would.
struct ContractContext {
  std::function<std::shared_ptr<cache::ArchiveCacheProvider>(const std::string& store)> make_archive_provider;
  std::function<std::shared_ptr<cache::ArchiveCacheProvider>(std::shared_ptr<cache::Store>)>
      make_archive_provider_over;
  /// The checkout, and a folder outside of it for what the provider wants to keep.
  std::string root;
  std::string elsewhere;
};

/// What the format of a provider leaves it no choice about.
struct CacheProviderTraits {
  bool keeps_dangling_links = true;
  bool removes_stale_outputs = true;
  /// The streams of a log in their order, and how long the run took.
  bool keeps_run_result = true;
  /// An entry is found by hash and target, not by the hash alone.
  bool target_counts = true;
  /// Entries are archives (put_archive), not folders of files (put_folder).
  bool keeps_archives = true;
  /// clear() leaves nothing behind: not so where others use the same cache.
  bool clears_everything = true;
};

struct CacheProviderCase {
  std::string name;
  std::function<std::shared_ptr<CacheProvider>(const ContractContext&)> make;
  CacheProviderTraits traits = {};
};

/// So that test names are the same in every run.
inline void PrintTo(const CacheProviderCase& provider, std::ostream* out) {
  *out << provider.name;
}

class CacheProviderContract : public CacheTest, public ::testing::WithParamInterface<CacheProviderCase> {
 protected:
  CacheProviderContract();
  /// A new provider over the same cache.
  void reopen();
  const CacheProviderTraits& traits() const { return GetParam().traits; }
  void write(const std::string& name, const std::string& content) {
    base_.write("checkout/packages/a/" + name, content);
  }
  void store(const std::string& hash, const std::function<void()>& work, const RunResult& result = {});

  std::shared_ptr<CacheProvider> subject_;
  const Target a_ = target("a#build");
};

}  // namespace stillage::test
