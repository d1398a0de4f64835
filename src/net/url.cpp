// SPDX-License-Identifier: MIT
#include "net/url.h"

#include <fmt/format.h>

#include <charconv>

#include "base/strings.h"
#include "net/percent.h"

namespace stillage::net {
namespace {

tl::unexpected<Error> no_url(std::string_view why) {
  return fail(ErrorKind::invalid, fmt::format("not a URL of the form https://host/path: {}", why));
}

bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Printable ASCII that needs no encoding to stand in a URL, and '%' only with its two digits.
bool is_clean(std::string_view text) {
  for (const char c : text)
    if (c <= ' ' || c >= '\x7f' || std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos)
      return false;
  return percent_decode(text).has_value();
}

/// The text before the first of `ends`, which goes from the front of `rest` too.
std::string_view take_until(std::string_view& rest, std::string_view ends) {
  const std::string_view taken = rest.substr(0, rest.find_first_of(ends));
  rest.remove_prefix(taken.size());
  return taken;
}

std::uint16_t usual_port(std::string_view scheme) {
  if (scheme == "http") return 80;
  if (scheme == "https") return 443;
  if (scheme == "redis" || scheme == "rediss") return 6379;
  return 0;
}

/// RFC 3986 section 5.2.4. `path` starts with '/'.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto parts = base::split(path.substr(1), '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    const bool up = parts[i] == "..";
    if (up && !kept.empty()) kept.pop_back();
    if (!up && parts[i] != ".")
      kept.push_back(parts[i]);
    else if (last)
      kept.emplace_back();
  }
  std::string clean;
  for (const std::string_view part : kept) clean.append("/").append(part);
  return clean.empty() ? "/" : clean;
}

Result<UserInfo> parse_user_info(std::string_view text) {
  const std::string_view user = take_until(text, ":");
  const std::string_view password = text.empty() ? text : text.substr(1);
  auto plain_user = percent_decode(user);
  auto plain_password = percent_decode(password);
  if (!plain_user || !plain_password) return no_url("bad percent-encoding before the '@'");
  return UserInfo{std::move(*plain_user), std::move(*plain_password)};
}

bool is_host(std::string_view host) {
  if (host.starts_with('['))
    return host.size() > 3 && host.ends_with(']') &&
           host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdef:.") == std::string_view::npos;
  return !host.empty() &&
         host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._~") == std::string_view::npos;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  Url url;
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return no_url("it has no scheme");
  url.scheme_ = base::to_lower(text.substr(0, colon));
  for (const char c : url.scheme_)
    if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return no_url("its scheme is none");
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  if (!is_clean(rest)) return no_url("it holds characters that must be percent-encoded");

  std::string_view authority = take_until(rest, "/?");
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    STILLAGE_ASSIGN(url.user_info_, parse_user_info(authority.substr(0, at)));
    authority.remove_prefix(at + 1);
  }
  const std::size_t port = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  if (port != std::string_view::npos && port + 1 < authority.size()) {
    const std::string_view digits = authority.substr(port + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), url.port_);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || url.port_ == 0)
      return no_url("its port is not a number from 1 to 65535");
    if (url.port_ == usual_port(url.scheme_)) url.port_ = 0;
  }
  url.host_ = base::to_lower(authority.substr(0, port));
  if (!is_host(url.host_)) return no_url("its host is empty or has characters that no host name has");

  const std::string_view path = take_until(rest, "?");
  url.path_ = path.empty() ? "/" : without_dots(path);
  if (!rest.empty()) url.query_ = rest.substr(1);
  return url;
}

Result<Url> Url::resolve(std::string_view reference) const {
  reference = reference.substr(0, reference.find('#'));
  Url found = *this;
  const std::string_view before_path = reference.substr(0, reference.find_first_of("/?"));
  if (before_path.find(':') != std::string_view::npos) {
    STILLAGE_ASSIGN(found, parse(reference));
  } else if (reference.starts_with("//")) {
    STILLAGE_ASSIGN(found, parse(scheme_ + ":" + std::string(reference)));
  } else {
    if (!is_clean(reference)) return no_url("it holds characters that must be percent-encoded");
    const std::string_view path = take_until(reference, "?");
    if (path.starts_with('/'))
      found.path_ = without_dots(path);
    else if (!path.empty())
      found.path_ = without_dots(path_.substr(0, path_.rfind('/') + 1) + std::string(path));
    if (!reference.empty())
      found.query_ = reference.substr(1);
    else if (!path.empty())
      found.query_.clear();
  }
  if (same_origin(found) && !found.user_info_) found.user_info_ = user_info_;
  return found;
}

std::uint16_t Url::port() const {
  return port_ != 0 ? port_ : usual_port(scheme_);
}

bool Url::same_origin(const Url& other) const {
  return scheme_ == other.scheme_ && host_ == other.host_ && port() == other.port();
}

Url Url::below(std::string_view segments) const {
  Url url = *this;
  if (!url.path_.ends_with('/')) url.path_ += '/';
  url.path_ += percent_encode_path(segments);
  return url;
}

Url Url::with_parameter(std::string_view name, std::string_view value) const {
  Url url = *this;
  if (!url.query_.empty()) url.query_ += '&';
  url.query_ += percent_encode(name) + "=" + percent_encode(value);
  return url;
}

Url Url::with_query(std::string_view encoded_query) const {
  Url url = *this;
  url.query_ = encoded_query;
  return url;
}

std::string Url::origin() const {
  return port_ == 0 ? fmt::format("{}://{}", scheme_, host_)
                    : fmt::format("{}://{}:{}", scheme_, host_, port_);
}

std::string Url::target() const {
  return query_.empty() ? path_ : path_ + "?" + query_;
}

std::string Url::display() const {
  return origin() + path_ + (query_.empty() ? "" : "?...");
}

}  // namespace stillage::net
