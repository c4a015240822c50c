#include <fmt/format.h>

#include <cctype>
#include <filesystem>
#include <string_view>

#include "models/app/verbs/tensor_verbs.hpp"
#include "sim/app/command.hpp"
#include "sim/base/cli/version.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"

namespace papilio {
namespace {

/// A text as roff has it: nothing in it is taken for a request, a hyphen is one to be typed.
std::string roff(std::string_view text) {
  std::string escaped;
  bool begins = true;
  for (const char c : text) {
    if (begins && (c == '.' || c == '\'')) escaped += "\\&";
    begins = c == '\n';
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string page_head(const std::string& name, const std::string& summary) {
  std::string title = name;
  for (char& c : title) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return fmt::format(".TH {} 1 \"\" \"papilio {}\" \"Papilio\"\n.SH NAME\n{} \\- {}\n", roff(title),
                     program_version(), roff(name), roff(summary));
}

std::string options_section(const std::vector<VerbHelp::Option>& options) {
  std::string text = ".SH OPTIONS\n";
  for (const VerbHelp::Option& option : options) {
    text += ".TP\n";
    if (!option.letter.empty()) text += fmt::format("\\fB\\-{}\\fR, ", option.letter);
    text += fmt::format("\\fB\\-\\-{}\\fR", roff(option.name));
    if (!option.value.empty()) text += fmt::format(" \\fI{}\\fR", roff(option.value));
    text += fmt::format("\n{}", roff(option.about));
    if (!option.initial.empty()) text += fmt::format(" (default: {})", roff(option.initial));
    text += "\n";
  }
  return text;
}

std::string examples_section(const std::vector<std::string>& examples) {
  std::string text = ".SH EXAMPLES\n.nf\n";
  for (const std::string& example : examples) text += roff(example) + "\n";
  return text + ".fi\n";
}

std::string verbs_section(const char* title, const std::vector<Command>& verbs) {
  std::string text = fmt::format(".SH {}\n", title);
  for (const Command& verb : verbs) {
    text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(verb.name), roff(verb.summary));
  }
  return text;
}

std::string common_sections() {
  return ".SH EXIT STATUS\n0 success, 1 a comparison found differences, 2 wrong input, 3 the "
         "simulation failed, 130 interrupted.\n";
}

std::string page_of(const std::string& name, const Command& verb) {
  const VerbHelp help = help_of(verb);
  return page_head(name, verb.summary) +
         fmt::format(".SH SYNOPSIS\n\\fBpapilio\\fR {}\n.SH DESCRIPTION\n{}\n", roff(help.usage),
                     roff(help.about)) +
         options_section(help.options) + examples_section(help.examples) + common_sections() +
         ".SH SEE ALSO\n.BR papilio (1)\n";
}

std::string page_of_actions(const std::string& name, const Command& verb) {
  std::string text =
      page_head(name, verb.summary) +
      fmt::format(".SH SYNOPSIS\n\\fBpapilio {}\\fR ACTION [options]\n", roff(verb.name)) +
      verbs_section("ACTIONS", verb.actions) + common_sections() + ".SH SEE ALSO\n";
  for (const Command& action : verb.actions) {
    text += fmt::format(".BR {} (1),\n", roff(name + "-" + action.name));
  }
  return text + ".BR papilio (1)\n";
}

std::string page_of_program() {
  std::string text =
      page_head("papilio", "where to split a neural network between the mobile and the cloud") +
      ".SH SYNOPSIS\n\\fBpapilio\\fR VERB [options]\n.SH DESCRIPTION\nPapilio answers where a "
      "network should be split between the mobile and the cloud, on this radio, under this load, "
      "and what it costs in latency, mobile energy and accuracy. Each verb has a page of its own, "
      "papilio\\-VERB(1).\n" +
      verbs_section("VERBS", commands()) +
      ".SH OPTIONS\n.TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nprint the verbs; after a verb, its "
      "help\n.TP\n\\fB\\-\\-version\\fR\nprint the versions of the program and its libraries\n" +
      common_sections() +
      ".SH ENVIRONMENT\n.TP\n.B PAPILIO_DATA\nfolder of data that do not come with Papilio: "
      "pictures, traces (default: $XDG_DATA_HOME/papilio, which is ~/.local/share/papilio)\n.TP\n"
      ".B COLUMNS, NO_COLOR, TERM\nwidth and colours of what is printed on a terminal\n"
      ".SH FILES\nOf the prefix that it is installed in, such as /usr:\n.TP\n"
      ".I share/papilio/profiles\ndevices, radios, layer tables and networks\n.TP\n"
      ".I share/papilio/scenarios\nscenarios, fleets and studies, which are known in every folder: "
      "\\fBpapilio run scenarios/paper/table4.yaml\\fR\n.TP\n"
      ".I share/doc/papilio\nthe documents that help speaks of as docs/...\n.SH SEE ALSO\n";
  for (const Command& verb : commands())
    text += fmt::format(".BR papilio\\-{} (1),\n", roff(verb.name));
  return text + ".BR papilio\\-tensor (1)\n";
}

std::string page_of_tensor() {
  std::string text =
      page_head("papilio-tensor", "the verbs of papilio that compute with real tensors") +
      ".SH SYNOPSIS\n\\fBpapilio\\fR VERB [options]\n.SH DESCRIPTION\nRuns and trains "
      "networks with LibTorch. It is started by papilio(1), which knows its verbs.\n"
      ".SH VERBS\n";
  std::string also = ".SH SEE ALSO\n";
  for (const TensorVerb& verb : tensor_verbs()) {
    text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(verb.name), roff(verb.summary));
    also += fmt::format(".BR papilio\\-{} (1),\n", roff(verb.name));
  }
  return text + also + ".BR papilio (1)\n";
}

}  // namespace

void manual_command(const Words& words) {
  if (words.size() != 1) throw ConfigError{"papilio __manual: error: expected one folder"};
  OutputFolder folder{std::filesystem::path{words.front()}};
  folder.add("papilio.1", page_of_program());
  folder.add("papilio-tensor.1", page_of_tensor());
  for (const Command& verb : commands()) {
    const std::string name = "papilio-" + verb.name;
    folder.add(name + ".1",
               verb.actions.empty() ? page_of(name, verb) : page_of_actions(name, verb));
    for (const Command& action : verb.actions) {
      const std::string of_action = name + "-" + action.name;
      folder.add(of_action + ".1", page_of(of_action, action));
    }
  }
  folder.commit();
}

}  // namespace papilio
