#pragma once

#include <string>
#include <vector>

#include "sim/study/design/study.hpp"

namespace papilio {

/// What tables of a study's results must say beside them: the layer tables they rest on with what
/// those know of their error, what all points assume, and the radios that any point takes beyond
/// the rates at which their powers are known. Looked for at the ends of every axis of numbers and
/// at the values of the others, one axis at a time, so that it is soon told however many points
/// there are.
std::vector<std::string> study_notes(const Study& study);

}  // namespace papilio
