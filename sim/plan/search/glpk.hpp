#pragma once

#include <glpk.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace papilio {

struct DeleteProgram {
  void operator()(glp_prob* program) const { glp_delete_prob(program); }
};
using GlpkProgram = std::unique_ptr<glp_prob, DeleteProgram>;

/// An empty program of GLPK, to be minimised, which prints nothing. GLPK keeps its memory for each
/// thread; it is freed when the thread ends.
GlpkProgram glpk_program();

/// The coefficients of a row or of a column, or of the objective.
class Coefficients {
 public:
  /// @param of from 1, as GLPK counts rows and columns
  void add(int of, double coefficient) {
    of_.push_back(of);
    coefficients_.push_back(coefficient);
  }
  void divide(double by) {
    for (double& coefficient : coefficients_) coefficient /= by;
  }
  [[nodiscard]] double greatest() const;  ///< >= 0
  [[nodiscard]] int size() const { return static_cast<int>(of_.size()) - 1; }
  /// `[size + 1]`; the first is not used.
  [[nodiscard]] const int* of() const { return of_.data(); }
  [[nodiscard]] const double* coefficients() const { return coefficients_.data(); }

 private:
  std::vector<int> of_{0};
  std::vector<double> coefficients_{0};
};

/// Adds a row: `kind` is GLPK's.
void add_row(glp_prob& program, const Coefficients& row, int kind, double bound);
/// Adds a variable >= 0.
void add_column(glp_prob& program, const Coefficients& column, double cost);

}  // namespace papilio
