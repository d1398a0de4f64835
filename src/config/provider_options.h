// SPDX-License-Identifier: MIT
#pragma once
// The options of a remote cache's provider as whoever opens it takes them: by name, each as what it has to
// be. What nobody took is a typing error. No message holds a value: any may be a secret.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "net/headers.h"
#include "net/url.h"
#include "stillage/cache_options.h"
#include "stillage/result.h"

namespace stillage::config {

class ProviderOptions {
 public:
  /// `storage` outlives this object.
  explicit ProviderOptions(const CacheStorageConfig& storage) : storage_(storage) {}

  const std::string& provider() const { return storage_.provider; }
  const std::string& credential_name() const { return storage_.credential_name; }

  /// The option's text; nothing where it is absent or empty.
  std::optional<std::string> find(const std::string& name);
  std::string text_or(const std::string& name, std::string fallback);
  /// An `invalid` error that names the option, where it is absent.
  Result<std::string> text(const std::string& name);
  /// "true" or "false".
  Result<bool> flag(const std::string& name, bool fallback);
  /// A whole number that is not negative.
  Result<std::uint64_t> number(const std::string& name, std::uint64_t fallback);
  Result<net::Url> url(const std::string& name);
  /// The members of an option that is an object: "headers" takes all of "headers.*".
  std::vector<net::Header> headers(const std::string& name);

  /// An `invalid` error if an option was given that nobody has asked for; it lists those that are known. To
  /// be called when all have been taken.
  Status check_all_known() const;

  /// An `invalid` error: "cacheStorageConfig.options.<name> (azure-blob) <what>".
  tl::unexpected<Error> wrong(std::string_view name, std::string_view what) const;

 private:
  const CacheStorageConfig& storage_;
  base::StringSet asked_;  ///< ends with '.' where all options that start so are meant
};

}  // namespace stillage::config
