// SPDX-License-Identifier: MIT
#pragma once
// What the lists of object stores need of XML: the text of elements that have no attributes, found by name.
// The answers are machine-written and flat; whatever is not of that form is simply not found.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stillage::blob {

/// What stands between the first <name> and the </name> after it, as it is; nothing if they are not there.
std::optional<std::string_view> xml_element(std::string_view xml, std::string_view name);

/// What stands in each <name>.
std::vector<std::string_view> xml_elements(std::string_view xml, std::string_view name);

/// Text with &lt; &gt; &amp; &quot; &apos; and numeric references below 128 as the characters they mean.
std::string xml_text(std::string_view escaped);

}  // namespace stillage::blob
