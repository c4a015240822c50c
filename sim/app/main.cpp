#include <fmt/format.h>

#include "models/app/verbs/tensor_verbs.hpp"
#include "sim/app/command.hpp"
#include "sim/app/hand_over.hpp"
#include "sim/app/help_topics.hpp"
#include "sim/app/version.hpp"
#include "sim/base/cli/program.hpp"
#include "sim/base/cli/version.hpp"

namespace papilio {

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands = [] {
    std::vector<Command> all{
        {"new", "begin a scenario, fleet, study, device, radio or trace of your own", new_command},
        {"doctor", "say what is installed, what can be measured, what is missing", doctor_command},
        {"run", "simulate a scenario and print its tables", run_command},
        {"plan", "find the best plan within limits, and what would change it", plan_command},
        {"capacity", "find how many mobiles, what rate or what server keeps a limit",
         capacity_command},
        {"plot", "draw the results of a fleet", plot_command},
        {"report", "make one page of HTML of a run or of plans", report_command},
        {"study", "sweep a scenario over its keys, into a database", study_command,
         study_actions()},
        {"table", "make tables of a study's results", table_command},
        {"compare", "show what differs between two runs, databases or layer tables",
         compare_command},
        {"calibrate", "fit what simulations leave out, from live runs", calibrate_command},
        {"replay", "make a fleet of a live run", replay_command},
        {"check", "check a scenario without running it", check_command},
        {"schema", "print the JSON Schema of a file, for editors, or every key", schema_command},
        {"models", "list networks, show their layers and cuts", models_command},
        {"devices", "list devices, show what is known of them", devices_command},
        {"radios", "list radios, show their constants", radios_command},
        {"profiles", "list, show and derive layer profiles", profiles_command},
        {"predict", "predict what a network's layers take on a device", predict_command},
        {"import-profile", "make a layer table of times that another tool measured",
         import_profile_command},
        {"completion", "make a shell complete what you type", completion_command},
    };
    for (const TensorVerb& verb : tensor_verbs()) {
      all.push_back(handed_over(verb));
    }
    return all;
  }();
  return kCommands;
}

namespace {

std::vector<std::pair<std::string, std::string>> topics() {
  std::vector<std::pair<std::string, std::string>> all;
  all.reserve(help_topics().size());
  for (const HelpTopic& topic : help_topics()) all.emplace_back(topic.name, topic.summary);
  return all;
}

std::string topic_text(const std::string& name) {
  return help_text(*find_help_topic(name));
}

void print_version() {
  fmt::print("papilio {} ({})\n", program_version(), git_revision());
  for (const auto& [library, version] : library_versions()) fmt::print("{} {}\n", library, version);
}

}  // namespace
}  // namespace papilio

int main(int argc, char** argv) {
  return papilio::run_program(
      {.about = "Papilio: where should a neural network be split between the mobile and the cloud?",
       .commands = papilio::commands(),
       .examples = {"papilio run scenarios/paper/table4.yaml", "papilio models show resnet50",
                    "papilio radios show 3g"},
       .print_version = papilio::print_version,
       .hidden = {{"__complete", "", papilio::complete_words_command},
                  {"__manual", "", papilio::manual_command}},
       .topics = papilio::topics(),
       .topic_text = papilio::topic_text},
      argc, argv);
}
