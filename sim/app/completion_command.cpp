#include <fmt/format.h>

#include "sim/app/command.hpp"
#include "sim/app/completion.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

constexpr std::string_view kBashScript =
    R"script(# bash completion of papilio; made by 'papilio completion bash'.
_papilio() {
  # Bash takes --option=value and jpeg:75 apart; the program is given them whole.
  local -a words=()
  local i
  for ((i = 1; i <= COMP_CWORD; i++)); do
    if ((${#words[@]})) && [[ ${COMP_WORDS[i]} == [=:] || ${COMP_WORDS[i - 1]} == [=:] ]] &&
      [[ -n ${COMP_WORDS[i]} || ${COMP_LINE:COMP_POINT-1:1} == [=:] ]]; then
      words[-1]+=${COMP_WORDS[i]}
    else
      words+=("${COMP_WORDS[i]}")
    fi
  done
  local cur=${COMP_WORDS[COMP_CWORD]}
  [[ $cur == [=:] ]] && cur=""
  local before=${words[-1]%"$cur"}
  COMPREPLY=()
  local line word files="" ending="" folders=""
  while IFS= read -r line; do
    case $line in
      ":files "*) files=yes ending=${line#":files "} ;;
      ":folders") folders=yes ;;
      *)
        word=${line%%$'\t'*}
        COMPREPLY+=("${word#"$before"}")
        ;;
    esac
  done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${words[@]}" 2>/dev/null)
  # A word that goes on takes no blank behind it.
  ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[=/] ]] && compopt -o nospace 2>/dev/null
  [[ -n $files$folders ]] || return 0
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do
    [[ -z $line ]] || COMPREPLY+=("$line")
  done < <(
    compgen -d -- "$cur"
    [[ -z $files ]] || compgen -f -X "!*$ending" -- "$cur"
  )
  # A folder is a file too.
  local -A seen=()
  local -a once=()
  for word in "${COMPREPLY[@]}"; do
    [[ -n ${seen[$word]} ]] || once+=("$word")
    seen[$word]=yes
  done
  COMPREPLY=("${once[@]}")
}
complete -F _papilio papilio
)script";

constexpr std::string_view kZshScript = R"script(#compdef papilio
# zsh completion of papilio; made by 'papilio completion zsh'.
_papilio() {
  local -a lines plain open
  local line word files ending folders
  lines=("${(@f)$(${(Q)words[1]} __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  for line in $lines; do
    case $line in
      ":files "*) files=yes; ending=${line#":files "} ;;
      ":folders") folders=yes ;;
      *)
        word=${line%%$'\t'*}
        word=${word//:/\\:}
        [[ $line == *$'\t'* ]] && word+=":${line#*$'\t'}"
        if [[ ${line%%$'\t'*} == *[=/] ]]; then open+=("$word"); else plain+=("$word"); fi
        ;;
    esac
  done
  local found=1
  (( $#plain )) && _describe -V 'papilio' plain && found=0
  (( $#open )) && _describe -V 'papilio' open -S '' && found=0
  if [[ -n $files$folders ]]; then
    compset -P '--*=' || true
    if [[ -n $files ]]; then
      _files -g "*$ending" && found=0
    else
      _files -/ && found=0
    fi
  fi
  return found
}
if [[ $funcstack[1] == _papilio ]]; then
  _papilio "$@"
else
  compdef _papilio papilio
fi
)script";

}  // namespace

void completion_command(const Words& words) {
  CommandLine line{
      "completion SHELL [options]",
      "Prints what makes a shell complete the words of papilio: verbs, options, and names of "
      "networks,\ndevices, radios, columns, studies and files. SHELL is bash or zsh. Packages have "
      "it in place.",
      {"papilio completion bash > /tmp/papilio.bash",
       "mkdir -p ~/.zsh && papilio completion zsh > ~/.zsh/_papilio"}};
  line.add_positional("shell");
  if (!line.parse(words)) return;
  const std::string shell = line.has("shell") ? line.all("shell").front() : "";
  if (shell == "bash") {
    say_rendered(kBashScript);
  } else if (shell == "zsh") {
    say_rendered(kZshScript);
  } else {
    throw ConfigError{fmt::format("papilio completion: error: unknown shell '{}'{}", shell,
                                  suggestion(shell, {"bash", "zsh"}))};
  }
}

void complete_words_command(const Words& words) {
  const Completion completion = completion_of(commands(), words);
  const auto on_one_line = [](std::string text) {
    for (char& c : text) {
      if (c == '\n' || c == '\t') c = ' ';
    }
    return printable(text);
  };
  for (const Completion::Word& word : completion.words) {
    say_rendered(word.about.empty()
                     ? on_one_line(word.text) + "\n"
                     : fmt::format("{}\t{}\n", on_one_line(word.text), on_one_line(word.about)));
  }
  if (completion.files == Completion::Files::kFolders) say_rendered(":folders\n");
  if (completion.files == Completion::Files::kFiles) {
    say_rendered(fmt::format(":files {}\n", completion.ending));
  }
}

}  // namespace papilio
