#pragma once

#include <string>
#include <vector>

#include "sim/base/cli/command_line.hpp"

namespace papilio {

/// What may stand where somebody asks a shell to complete a word.
struct Completion {
  enum class Files { kNone, kFiles, kFolders };
  struct Word {
    std::string text;  ///< the whole word; one that ends in '=' or '/' goes on
    std::string about;
  };
  std::vector<Word> words;    ///< those that begin as the word does
  Files files{Files::kNone};  ///< beside them
  std::string ending;         ///< of the files, e.g. ".yaml"; empty: any
};

/// What may stand for the last of the words, which is empty where it is not begun. Follows from
/// what each verb's --help tells; never throws.
/// @param verbs all verbs that help lists
/// @param words after the program's name
Completion completion_of(const std::vector<Command>& verbs, const Words& words);

}  // namespace papilio
