// SPDX-License-Identifier: MIT
#pragma once
// Where the entries of the local store come from, as far as that is a question of trust. All checkouts of a
// user share the store, but not all trust the same remotes: an entry that came from elsewhere lies under a
// name with its origin in it, and is found only by who trusts that origin. What was made here has none.

#include <string>
#include <string_view>
#include <vector>

namespace stillage::cache {

/// The name, 32 digits, of the origin that these parts tell from all others.
std::string origin_name(const std::vector<std::string>& parts);

/// What one checkout trusts.
class Origins {
 public:
  /// `root` is the checkout's; `trusted` are the origins that its configuration takes entries from.
  Origins(std::string root, std::vector<std::string> trusted);

  struct Place {
    std::string name;  ///< of the entry in the store
    std::string origin;
  };
  /// Where an entry may lie that this checkout may use, the likeliest place first.
  std::vector<Place> places_of(std::string_view key, std::string_view target) const;

  /// Whether an origin that is trusted here is one of `others`, or stands for several that all are.
  bool is_among(std::string_view origin, const std::vector<std::string>& others) const;

  /// The origin of what is made here on top of something with one: it is as good as all that is trusted here
  /// together, and for those only who trust exactly the same.
  const std::string& of_all() const { return of_all_; }

 private:
  std::string root_;
  std::vector<std::string> trusted_;  ///< sorted
  std::string of_all_;
};

}  // namespace stillage::cache
