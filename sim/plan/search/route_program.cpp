#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/plan/search/columns.hpp"
#include "sim/plan/search/glpk.hpp"
#include "sim/plan/search/routes.hpp"

namespace papilio {
namespace {

/// One way from before a step to after it.
struct Arc {
  std::size_t position;
  std::size_t from;
  std::size_t to;
};

/// The integer program of best_route_by_program.
class RouteProgram {
 public:
  RouteProgram(const Chain& chain, const Spend& weights, const Spend& limits, std::size_t most)
      : columns_{chain, weights, criteria_of(limits), limits}, left_{most} {
    add_variables();
    conserve_flow();
    for (std::size_t i = 1; i < columns_.width(); ++i) {
      limit(i, limits[criteria_of(limits)[i - 1]]);
    }
  }

  /// The tiers of each step; nothing where the rows contradict each other.
  std::optional<std::vector<std::uint8_t>> solve() {
    if (arcs_.empty()) return std::nullopt;
    glp_iocp parameters;
    glp_init_iocp(&parameters);
    parameters.presolve = GLP_ON;
    parameters.msg_lev = GLP_MSG_OFF;
    parameters.cb_func = &RouteProgram::count;
    parameters.cb_info = this;
    const int failed = glp_intopt(program_.get(), &parameters);
    if (failed == GLP_ESTOP) {
      throw SearchTooLarge{"the integer program parts into more problems than are allowed"};
    }
    if (failed == GLP_ENOPFS || failed == GLP_ENODFS) return std::nullopt;
    const int status = glp_mip_status(program_.get());
    if (failed == 0 && status == GLP_NOFEAS) return std::nullopt;
    if (failed != 0 || status != GLP_OPT) {
      throw std::runtime_error{"GLPK cannot solve the integer program: error " +
                               std::to_string(failed) + ", status " + std::to_string(status)};
    }
    return tiers();
  }

  /// Forbids a route.
  void exclude(const std::vector<std::uint8_t>& tiers) {
    Coefficients row;
    for (std::size_t i = 0; i < arcs_.size(); ++i) {
      const Arc& arc = arcs_[i];
      const std::size_t from = arc.position == 0 ? 0 : tiers[arc.position - 1];
      const std::size_t to = arc.position == tiers.size() ? 0 : tiers[arc.position];
      if (arc.from == from && arc.to == to) row.add(static_cast<int>(i + 1), 1);
    }
    add_row(*program_, row, GLP_UP, static_cast<double>(row.size() - 1));
  }

 private:
  static std::vector<Criterion> criteria_of(const Spend& limits) {
    std::vector<Criterion> criteria;
    for (std::size_t i = 0; i < kCriteria; ++i) {
      const auto criterion = static_cast<Criterion>(i);
      if (!std::isinf(limits[criterion])) criteria.push_back(criterion);
    }
    return criteria;
  }

  /// Counts the problems, each as it is chosen to be solved.
  static void count(glp_tree* tree, void* self) {
    if (glp_ios_reason(tree) != GLP_ISELECT) return;
    std::size_t& left = static_cast<RouteProgram*>(self)->left_;
    if (left == 0) {
      glp_ios_terminate(tree);
    } else {
      --left;
    }
  }

  [[nodiscard]] double cost(const Arc& arc, std::size_t column) const {
    const double move = columns_.move(arc.position, arc.from, arc.to)[column];
    return arc.position == columns_.steps() ? move
                                            : move + columns_.compute(arc.position, arc.to)[column];
  }

  void add_variables() {
    Coefficients weights;
    for (std::size_t position = 0; position <= columns_.steps(); ++position) {
      const std::size_t froms = position == 0 ? 1 : columns_.tiers();
      const std::size_t tos = position == columns_.steps() ? 1 : columns_.tiers();
      for (std::size_t from = 0; from < froms; ++from) {
        for (std::size_t to = 0; to < tos; ++to) {
          const Arc arc{position, from, to};
          if (std::isinf(cost(arc, 0))) continue;
          arcs_.push_back(arc);
          weights.add(static_cast<int>(arcs_.size()), cost(arc, 0));
        }
      }
    }
    if (arcs_.empty()) return;
    if (weights.greatest() > 0) weights.divide(weights.greatest());
    glp_add_cols(program_.get(), static_cast<int>(arcs_.size()));
    for (int i = 1; i <= weights.size(); ++i) {
      glp_set_col_kind(program_.get(), i, GLP_BV);
      glp_set_obj_coef(program_.get(), i, weights.coefficients()[i]);
    }
  }

  /// What comes to a tier leaves it.
  void conserve_flow() {
    const std::size_t tiers = columns_.tiers();
    std::vector<Coefficients> rows(columns_.steps() * tiers);
    Coefficients begin;
    for (std::size_t i = 0; i < arcs_.size(); ++i) {
      const Arc& arc = arcs_[i];
      const int variable = static_cast<int>(i + 1);
      if (arc.position == 0) begin.add(variable, 1);
      if (arc.position > 0) rows[(arc.position - 1) * tiers + arc.from].add(variable, -1);
      if (arc.position < columns_.steps()) rows[arc.position * tiers + arc.to].add(variable, 1);
    }
    add_row(*program_, begin, GLP_FX, 1);
    for (const Coefficients& row : rows) add_row(*program_, row, GLP_FX, 0);
  }

  void limit(std::size_t column, double limit) {
    Coefficients row;
    for (std::size_t i = 0; i < arcs_.size(); ++i) {
      const double amount = cost(arcs_[i], column);
      if (amount > limit) {
        glp_set_col_bnds(program_.get(), static_cast<int>(i + 1), GLP_FX, 0, 0);
      } else if (amount > 0) {
        row.add(static_cast<int>(i + 1), amount / limit);
      }
    }
    if (row.size() > 0) add_row(*program_, row, GLP_UP, 1);
  }

  [[nodiscard]] std::vector<std::uint8_t> tiers() const {
    constexpr double kHalf = 0.5;
    std::vector<std::uint8_t> tiers(columns_.steps());
    for (std::size_t i = 0; i < arcs_.size(); ++i) {
      if (arcs_[i].position == columns_.steps()) continue;
      if (glp_mip_col_val(program_.get(), static_cast<int>(i + 1)) < kHalf) continue;
      tiers[arcs_[i].position] = static_cast<std::uint8_t>(arcs_[i].to);
    }
    return tiers;
  }

  Columns columns_;
  std::size_t left_;
  std::vector<Arc> arcs_;  // by variable
  GlpkProgram program_ = glpk_program();
};

}  // namespace

std::optional<Route> best_route_by_program(const Chain& chain, const Spend& weights,
                                           const Spend& limits, std::size_t most) {
  RouteProgram program{chain, weights, limits, most};
  while (std::optional<std::vector<std::uint8_t>> tiers = program.solve()) {
    const Spend spend = cost_of(chain, *tiers);
    if (spend.within(limits)) return Route{*std::move(tiers), spend};
    program.exclude(*tiers);
  }
  return std::nullopt;
}

}  // namespace papilio
