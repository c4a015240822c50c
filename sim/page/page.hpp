#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// What a page shows of the folder that `papilio run` wrote, a scenario's or a fleet's: its tables
/// as texts, those that grow with the run thinned (`sim/page/thin.hpp`) with a note that says so,
/// and its report, effective scenario and manifest as they stand there.
/// @throws ConfigError if the folder is none of a run, or one of its files cannot be read
nlohmann::ordered_json page_data(const std::filesystem::path& folder);

/// What a page shows of what 'papilio plan --json' printed, of one question or of several about one
/// scenario, such as two goals. Of very many plans those that matter least are left out, with a
/// note that says so.
/// @param files at least one
/// @throws ConfigError if one cannot be read, is no plan of a request, or is of another scenario
nlohmann::ordered_json plan_page_data(const std::vector<std::filesystem::path>& files);

/// One page of HTML that needs nothing else and asks for nothing: the data, the page's style and
/// script, and Chart.js, which draws them.
/// @param data as `page_data` has it
/// @param title shown in the browser's frame; any text
std::string page_html(const nlohmann::ordered_json& data, std::string_view title);

}  // namespace papilio
