// SPDX-License-Identifier: MIT
#pragma once
// An absolute http or https URL (RFC 3986; other schemes with an authority, such as redis, too), in parts.
// User name and password are kept apart: nothing that makes text of a URL puts them in.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stillage/result.h"

namespace stillage::net {

/// Who asks, decoded.
struct UserInfo {
  std::string user;
  std::string password;
};

class Url {
 public:
  /// Takes "scheme://[user[:password]@]host[:port][/path][?query]"; a fragment is dropped. The scheme and the
  /// host go to lower case, "." and ".." segments are resolved. An `invalid` error (which never shows the
  /// text, as it may hold secrets) for anything else: spaces, control and non-ASCII characters, bad
  /// percent-encoding.
  static Result<Url> parse(std::string_view text);

  /// Where `reference` (as in a Location header) leads from here. Keeps the user info only where the origin
  /// stays the same.
  Result<Url> resolve(std::string_view reference) const;

  const std::string& scheme() const { return scheme_; }
  /// A name, an IPv4 address, or an IPv6 address in brackets.
  const std::string& host() const { return host_; }
  /// The one given, else the scheme's own (http 80, https 443, redis 6379, rediss 6379), else 0.
  std::uint16_t port() const;
  /// Percent-encoded, starts with '/'.
  const std::string& path() const { return path_; }
  /// Percent-encoded, without the '?'.
  const std::string& query() const { return query_; }
  const std::optional<UserInfo>& user_info() const { return user_info_; }

  bool is_https() const { return scheme_ == "https"; }
  /// Same scheme, host and port.
  bool same_origin(const Url& other) const;

  /// This URL with `segments` ("a/b", not encoded yet) appended to its path, one '/' between.
  Url below(std::string_view segments) const;
  /// This URL with one more query parameter, encoded here.
  Url with_parameter(std::string_view name, std::string_view value) const;
  /// This URL with an already encoded query in the place of its own.
  Url with_query(std::string_view encoded_query) const;

  /// "scheme://host[:port]"; a scheme's own port is left out.
  std::string origin() const;
  /// What goes to the server: path and query.
  std::string target() const;
  /// Everything but user info: for the machine, as a query may hold a signature.
  std::string to_string() const { return origin() + target(); }
  /// For people: origin and path; of a query only that there is one.
  std::string display() const;

 private:
  Url() = default;

  std::string scheme_;
  std::optional<UserInfo> user_info_;
  std::string host_;
  std::uint16_t port_ = 0;  ///< 0: the scheme's own
  std::string path_ = "/";
  std::string query_;
};

}  // namespace stillage::net
