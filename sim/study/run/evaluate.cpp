#include "sim/study/run/evaluate.hpp"

#include <algorithm>
#include <array>
#include <boost/algorithm/string/replace.hpp>
#include <filesystem>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/study/design/kind.hpp"

namespace papilio {

std::string Evaluator::error_text(const std::exception& error) const {
  std::string text = error.what();
  for (const std::string& file : {study_.file, study_.source.file}) {
    boost::replace_all(text, file, std::filesystem::path{file}.filename().string());
  }
  return text;
}

PointHead Evaluator::head_of(const PointTask& task) const {
  return {.number = task.number,
          .hash = {},
          .replicate = task.place.replicate,
          .seed = study_.seed(task.place.replicate).value_or(0),
          .axes = study_.json(task.place),
          .error = {}};
}

std::vector<PointHead> Evaluator::heads(const std::vector<PointTask>& tasks) {
  std::vector<PointHead> heads;
  heads.reserve(tasks.size());
  for (const PointTask& task : tasks) {
    PointHead head = head_of(task);
    try {
      complete(head, task.place);
    } catch (const ConfigError& error) {
      head.error = error_text(error);
    }
    heads.push_back(std::move(head));
  }
  return heads;
}

std::unique_ptr<Evaluator> evaluator_of(const Study& study) {
  using Make = std::unique_ptr<Evaluator> (*)(const Study&);
  static constexpr std::array<std::pair<const StoredKind*, Make>, 2> kEvaluators{
      {{&kCellsKind, cell_evaluator}, {&kFleetKind, fleet_evaluator}}};
  const auto* const found =
      std::find_if(kEvaluators.begin(), kEvaluators.end(),
                   [&](const auto& row) { return row.first == &study.kind->stored(); });
  PAPILIO_CHECK(found != kEvaluators.end());
  return found->second(study);
}

}  // namespace papilio
