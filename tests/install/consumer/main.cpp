// Runs a scenario that comes with Papilio and prints its rows as CSV, as 'papilio run FILE --format
// csv' does. Its words: the file, then KEY=VALUE as --set takes them.

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "sim/base/data/installation.hpp"
#include "sim/base/document/document.hpp"
#include "sim/run/experiment.hpp"
#include "sim/scenario/source.hpp"

int main(int argc, char** argv) {
  try {
    papilio::use_shipped_folder(PAPILIO_SHARE);
    const std::vector<std::string> words{argv + 1, argv + argc};
    const papilio::ScenarioSource source{.file = papilio::own_or_shipped(words.at(0)).string(),
                                         .overrides = {words.begin() + 1, words.end()}};
    const std::unique_ptr<papilio::Experiment> experiment =
        papilio::load_experiment(papilio::read_scenario(source), source, {});
    const std::unique_ptr<papilio::Results> results = experiment->play({});
    std::fputs(papilio::to_csv(results->rows()).c_str(), stdout);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
