#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace papilio {

/// What a page shows of the folder that `papilio run` wrote, a scenario's or a fleet's: its tables
/// as texts, those that grow with the run thinned (`sim/page/thin.hpp`) with a note that says so,
/// and its report, effective scenario and manifest as they stand there.
/// @throws ConfigError if the folder is none of a run, or one of its files cannot be read
nlohmann::ordered_json page_data(const std::filesystem::path& folder);

/// A document as it may stand in an element of HTML that holds data: no "<" is left in it, with
/// which a name could end the element. Bytes that are not UTF-8 are replaced.
std::string embedded_json(const nlohmann::ordered_json& document);

/// One page of HTML that needs nothing else and asks for nothing: the data, the page's style and
/// script, and Chart.js, which draws them.
/// @param data as `page_data` has it
/// @param title shown in the browser's frame; any text
std::string page_html(const nlohmann::ordered_json& data, std::string_view title);

}  // namespace papilio
