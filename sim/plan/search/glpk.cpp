#include "sim/plan/search/glpk.hpp"

#include <algorithm>

namespace papilio {
namespace {

struct GlpkThread {
  GlpkThread() { glp_term_out(GLP_OFF); }
  GlpkThread(const GlpkThread&) = delete;
  GlpkThread& operator=(const GlpkThread&) = delete;
  ~GlpkThread() { glp_free_env(); }
};

}  // namespace

GlpkProgram glpk_program() {
  static thread_local const GlpkThread kThread;
  GlpkProgram program{glp_create_prob()};
  glp_set_obj_dir(program.get(), GLP_MIN);
  return program;
}

double Coefficients::greatest() const {
  return *std::max_element(coefficients_.begin(), coefficients_.end());
}

void add_row(glp_prob& program, const Coefficients& row, int kind, double bound) {
  const int number = glp_add_rows(&program, 1);
  glp_set_row_bnds(&program, number, kind, bound, bound);
  glp_set_mat_row(&program, number, row.size(), row.of(), row.coefficients());
}

void add_column(glp_prob& program, const Coefficients& column, double cost) {
  const int number = glp_add_cols(&program, 1);
  glp_set_col_bnds(&program, number, GLP_LO, 0, 0);
  glp_set_obj_coef(&program, number, cost);
  glp_set_mat_col(&program, number, column.size(), column.of(), column.coefficients());
}

}  // namespace papilio
