// The module papilio._core: what the package papilio (sim/python/papilio) is made of. Its functions
// take plain values and hand back JSON and arrays; what users see is written in Python.

#include <fmt/format.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/cli/version.hpp"
#include "sim/base/data/installation.hpp"
#include "sim/base/error.hpp"
#include "sim/planner/plan_file.hpp"
#include "sim/python/answers.hpp"
#include "sim/python/child.hpp"
#include "sim/python/work.hpp"

namespace py = pybind11;

namespace papilio {
namespace {

/// The package's classes of errors by their names.
py::object& error_classes() {
  // The interpreter may be gone before this would be destroyed.
  static auto* const kClasses = new py::object{py::none()};
  return *kClasses;
}

/// A text from anywhere: what is not UTF-8 is replaced.
py::str shown(const std::string& text) {
  PyObject* decoded =
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
  if (decoded == nullptr) throw py::error_already_set{};
  return py::reinterpret_steal<py::str>(decoded);
}

void raise(const char* name, const std::string& what, const std::vector<ErrorPlace>& places = {}) {
  py::list listed;
  for (const ErrorPlace& place : places) {
    listed.append(py::make_tuple(shown(place.file), place.line, place.column, shown(place.key),
                                 shown(place.message)));
  }
  const py::object of_name = error_classes()[name];
  const py::object error = of_name(shown(what), listed);
  PyErr_SetObject(of_name.ptr(), error.ptr());
}

void translate(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(std::move(thrown));
  } catch (const LocatedError& error) {
    raise("ConfigError", error.what(), error.places());
  } catch (const ConfigError& error) {
    raise("ConfigError", error.what());
  } catch (const SimulationError& error) {
    raise("SimulationError", error.what());
  } catch (const Defect& error) {
    raise("InternalError", error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    raise("ConfigError", fmt::format("papilio: error: {}", error.what()));
  } catch (const py::builtin_exception&) {
    throw;  // pybind11's own
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    raise("InternalError", error.what());
  }
}

/// JSON and arrays, as the package takes them.
py::tuple handed(const Packed& packed) {
  return py::make_tuple(shown(packed.header), py::bytes(packed.arrays));
}

/// Work in this process, while other threads of Python go on.
template <class Work>
auto alone(const Work& work) {
  const py::gil_scoped_release release;
  const OneAtATime only;
  return work();
}

/// Work in a child, with Ctrl-C.
py::tuple apart(const std::function<Packed(const Workers::Send&)>& work,
                const py::object& progress) {
  ChildOptions options{.on_tick = [] {
    if (PyErr_CheckSignals() != 0) throw py::error_already_set{};
  }};
  if (!progress.is_none()) {
    options.on_part = [&](const std::string& part) { progress(shown(part)); };
  }
  return handed(in_child(work, options));
}

/// A file that is not there may be one that comes with Papilio, as for the program.
ScenarioSource source_of(const std::string& file, const std::vector<std::string>& overrides,
                         const std::vector<std::string>& profiles) {
  ScenarioSource source{.file = own_or_shipped(file).string(), .overrides = overrides};
  for (const std::string& folder : profiles) source.profiles.emplace_back(folder);
  return source;
}

/// A plan as the package takes it; nothing where there is none.
py::object plan_of(const Answers& answers, std::size_t radio,
                   const std::optional<std::size_t>& proposal) {
  if (!proposal) return py::none();
  const PricedPlan plan = answers.plan(radio, *proposal);
  const Proposal& made = answers.planner().proposals()[*proposal];
  py::dict fields;
  fields["name"] = plan.name;
  fields["strategy"] = plan.cell.strategy;
  fields["planners"] = py::cast(made.planners);
  fields["cut"] = plan.cell.cut;
  fields["accuracy"] = plan.cell.plan.accuracy;
  fields["value"] = plan.value;
  fields["admitted"] = plan.admitted;
  fields["written"] = strategy_json(made.strategy).dump();
  for (std::size_t i = 0; i < kCriteria; ++i) {
    const auto criterion = static_cast<Criterion>(i);
    fields[py::str(std::string{name(criterion)})] = plan.spend[criterion];
  }
  return fields;
}

void bind_answers(py::module_& module) {
  py::class_<Answers>(module, "Answers")
      .def("__len__", &Answers::size)
      .def("network", &Answers::network)
      .def("best",
           [](const Answers& answers, std::size_t radio) {
             return plan_of(answers, radio, answers.ranking(radio).best);
           })
      .def("runner_up",
           [](const Answers& answers, std::size_t radio) {
             return plan_of(answers, radio, answers.ranking(radio).runner_up);
           })
      .def("nearest",
           [](const Answers& answers, std::size_t radio) {
             return plan_of(answers, radio, answers.ranking(radio).nearest);
           })
      .def("miss", [](const Answers& answers,
                      std::size_t radio) { return alone([&] { return answers.miss(radio); }); })
      .def("table",
           [](const Answers& answers, std::size_t radio) {
             return handed(alone([&] { return answers.table(radio); }));
           })
      .def("json",
           [](const Answers& answers) { return shown(alone([&] { return answers.json(); })); })
      .def("yaml",
           [](const Answers& answers) { return shown(alone([&] { return answers.yaml(); })); });
}

void bind_loaded(py::module_& module) {
  py::class_<Loaded>(module, "Loaded")
      .def(py::init([](const std::string& file, const std::vector<std::string>& overrides,
                       const std::vector<std::string>& profiles) {
        return alone(
            [&] { return std::make_unique<Loaded>(source_of(file, overrides, profiles)); });
      }))
      .def("name", [](const Loaded& loaded) { return shown(loaded.experiment().name()); })
      .def("seed", [](const Loaded& loaded) { return loaded.experiment().seed(); })
      .def("extent", [](const Loaded& loaded) { return loaded.experiment().extent(); })
      .def("effective", [](const Loaded& loaded) { return shown(loaded.experiment().effective()); })
      .def("plan",
           [](Loaded& loaded, std::string target,
              std::vector<std::pair<std::string, std::string>> limits,
              std::vector<std::string> planners, std::vector<int> bits,
              std::optional<std::string> reading,
              std::vector<std::pair<std::string, double>> conditions) {
             const PythonQuestion question{.target = std::move(target),
                                           .limits = std::move(limits),
                                           .planners = std::move(planners),
                                           .bits = std::move(bits),
                                           .reading = std::move(reading),
                                           .conditions = std::move(conditions)};
             return alone([&] { return std::make_unique<Answers>(loaded.plan(question)); });
           })
      .def("run", [](const Loaded& loaded, int jobs, bool files, const py::object& progress) {
        return apart(
            [&](const Workers::Send& send) {
              return played(loaded.experiment(), jobs, files, send);
            },
            progress);
      });
}

void bind_studies(py::module_& module) {
  module.def("check", [](const std::string& file, const std::vector<std::string>& overrides,
                         const std::vector<std::string>& profiles) {
    return alone([&] { return extent_of(source_of(file, overrides, profiles)); });
  });
  module.def("study", [](const std::string& file, const std::vector<std::string>& overrides,
                         const std::vector<std::string>& profiles, std::string database, int jobs,
                         bool retry_failed, const py::object& progress) {
    const StudyRequest request{.source = source_of(file, overrides, profiles),
                               .database = std::move(database),
                               .jobs = jobs,
                               .retry_failed = retry_failed};
    return apart([&](const Workers::Send& send) { return study_run(request, send); }, progress);
  });
  module.def(
      "capacity",
      [](const std::string& file, const std::vector<std::string>& overrides,
         const std::vector<std::string>& profiles, std::string key,
         const std::vector<std::string>& conditions, std::vector<std::string> strategies,
         std::string mobiles, std::string window, std::optional<double> from,
         std::optional<double> to, double precision, int jobs, const py::object& progress) {
        CapacityQuestion question{.key = std::move(key),
                                  .strategies = std::move(strategies),
                                  .mobiles = std::move(mobiles),
                                  .window = std::move(window),
                                  .from = from,
                                  .to = to,
                                  .precision = precision};
        for (const std::string& text : conditions) question.conditions.emplace_back(text);
        const ScenarioSource source = source_of(file, overrides, profiles);
        return apart(
            [&](const Workers::Send& send) { return capacity_found(source, question, jobs, send); },
            progress);
      });
  module.def("table",
             [](const std::string& database, const std::string& study,
                std::vector<std::string> rows, std::vector<std::string> cols,
                std::vector<std::string> group, std::string value, std::vector<std::string> stats,
                std::string relative_to, std::string best, std::vector<std::string> over,
                std::vector<std::pair<std::string, std::vector<std::string>>> where) {
               const PivotSpec spec{.rows = std::move(rows),
                                    .cols = std::move(cols),
                                    .group = std::move(group),
                                    .value = std::move(value),
                                    .stats = std::move(stats),
                                    .relative_to = std::move(relative_to),
                                    .best = std::move(best),
                                    .over = std::move(over),
                                    .where = std::move(where)};
               return handed(alone([&] { return pivot_of(database, study, spec); }));
             });
  module.def("sql", [](const std::string& database, const std::string& question) {
    return handed(alone([&] { return sql_answer(database, question); }));
  });
}

/// What no input reaches, for the tests.
void bind_defects(py::module_& module) {
  const auto broken = [] { PAPILIO_CHECK(false); };
  module.def("_defect", [broken] { alone([&] { broken(); }); });
  module.def("_defect_apart", [broken] {
    return apart(
        [&](const Workers::Send&) -> Packed {
          broken();
          return {};
        },
        py::none());
  });
}

}  // namespace
}  // namespace papilio

PYBIND11_MODULE(_core, module) {
  using namespace papilio;  // NOLINT(google-build-using-namespace): a macro's function
  py::register_exception_translator(translate);
  set_defect_handler([](const std::string& what) { throw Defect{what}; });
  module.def("set_errors", [](py::dict classes) { error_classes() = std::move(classes); });
  module.def("version", &program_version);
  module.def("revision", &git_revision);
  bind_answers(module);
  bind_loaded(module);
  bind_studies(module);
  bind_defects(module);
}
