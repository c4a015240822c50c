#include "sim/profiles/regression.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr Eigen::Index kTerms = 5;
constexpr std::size_t kFewestLayers = 8;

Eigen::VectorXd terms_of(const LayerWork& work) {
  Eigen::VectorXd terms(kTerms);
  terms << 1, work.operations, work.inputs, work.outputs, work.parameters;
  return terms;
}

using Samples = std::vector<const LayerSample*>;

LayerRegression::Fit fit(const Samples& samples) {
  const auto count = static_cast<Eigen::Index>(samples.size());
  Eigen::MatrixXd a(count, kTerms);
  Eigen::VectorXd b(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const LayerSample& sample = *samples[static_cast<std::size_t>(i)];
    const double weight = 1 / std::sqrt(sample.latency_s);
    a.row(i) = terms_of(sample.work) * weight;
    b[i] = sample.latency_s * weight;
  }
  // Operations and seconds are ten powers of ten apart: columns of the same size solve exactly.
  Eigen::VectorXd scale = a.colwise().norm();
  for (double& column : scale) column = column > 0 ? 1 / column : 0;
  const Eigen::VectorXd x = nonnegative_least_squares(a * scale.asDiagonal(), b);
  return {samples.size(), x.cwiseProduct(scale)};
}

/// Lawson and Hanson's active sets. Each is a set of columns that may be positive, and the least
/// squares over them, which are positive. A step is taken only if it makes the error less, so no
/// set comes twice, and there are finitely many: it ends, whatever the ranks and the rounding.
class ActiveSet {
 public:
  ActiveSet(const Eigen::MatrixXd& a, const Eigen::VectorXd& b)
      : a_{a}, b_{b}, x_{Eigen::VectorXd::Zero(a.cols())}, error_{b.squaredNorm()} {}

  /// Lets in the column along which the error falls fastest, of those that make it less.
  /// @return false if none does: then x is the solution
  bool improve() {
    const Eigen::VectorXd residual = b_ - a_ * x_;
    std::vector<Eigen::Index> candidates;
    for (Eigen::Index j = 0; j < a_.cols(); ++j) {
      // Of a column that others stand for (a rank that lacks), only rounding is left.
      const double rounding = kRounding * a_.col(j).norm() * b_.norm();
      if (!is_passive(j) && a_.col(j).dot(residual) > rounding) candidates.push_back(j);
    }
    std::sort(candidates.begin(), candidates.end(), [&](Eigen::Index j, Eigen::Index k) {
      return a_.col(j).dot(residual) > a_.col(k).dot(residual);
    });
    return std::any_of(candidates.begin(), candidates.end(),
                       [&](Eigen::Index j) { return try_with(j); });
  }

  [[nodiscard]] const Eigen::VectorXd& x() const { return x_; }

 private:
  [[nodiscard]] bool is_passive(Eigen::Index j) const {
    return std::find(passive_.begin(), passive_.end(), j) != passive_.end();
  }

  /// Goes on with one more column, if that makes the error less.
  bool try_with(Eigen::Index column) {
    std::vector<Eigen::Index> passive = passive_;
    passive.push_back(column);
    Eigen::VectorXd x = x_;
    // Each round but the last takes a column out, so there are no more rounds than columns.
    while (!passive.empty()) {
      const Eigen::VectorXd z = a_(Eigen::all, passive).colPivHouseholderQr().solve(b_);
      if (z.minCoeff() > 0) {
        x.setZero();
        x(passive) = z;
        break;
      }
      x = leave(x, z, passive);
    }
    const double error = (b_ - a_ * x).squaredNorm();
    if (passive.empty() || !(error < error_)) return false;
    x_ = std::move(x);
    passive_ = std::move(passive);
    error_ = error;
    return true;
  }

  /// As far from x towards z as nothing becomes negative. What becomes zero first leaves.
  static Eigen::VectorXd leave(const Eigen::VectorXd& x, const Eigen::VectorXd& z,
                               std::vector<Eigen::Index>& passive) {
    const auto way = [&](std::size_t k) {
      const double now = x[passive[k]];
      const double then = z[static_cast<Eigen::Index>(k)];
      if (then > 0) return 1.0;
      return now > 0 ? now / (now - then) : 0.0;
    };
    double share = 1;
    for (std::size_t k = 0; k < passive.size(); ++k) share = std::min(share, way(k));
    Eigen::VectorXd moved = x;
    std::vector<Eigen::Index> kept;
    for (std::size_t k = 0; k < passive.size(); ++k) {
      const Eigen::Index j = passive[k];
      const double then = z[static_cast<Eigen::Index>(k)];
      const bool leaves = then <= 0 && way(k) <= share;
      moved[j] = leaves ? 0 : std::max(0.0, x[j] + share * (then - x[j]));
      if (!leaves) kept.push_back(j);
    }
    passive = std::move(kept);
    return moved;
  }

  static constexpr double kRounding = 100 * std::numeric_limits<double>::epsilon();

  const Eigen::MatrixXd& a_;
  const Eigen::VectorXd& b_;
  std::vector<Eigen::Index> passive_;  // the columns that may be positive
  Eigen::VectorXd x_;
  double error_;
};

}  // namespace

Eigen::VectorXd nonnegative_least_squares(const Eigen::MatrixXd& a, const Eigen::VectorXd& b) {
  PAPILIO_CHECK(a.cols() >= 1 && a.rows() == b.size() && a.allFinite() && b.allFinite());
  ActiveSet set{a, b};
  while (set.improve()) {
  }
  return set.x();
}

LayerRegression::LayerRegression(const std::vector<LayerSample>& samples) {
  std::map<std::string, Samples> by_type;
  std::map<std::string, Samples> by_family;
  Samples all;
  for (const LayerSample& sample : samples) {
    by_type[sample.work.type].push_back(&sample);
    if (sample.work.free) continue;  // its time is the clock's, which tells nothing of others
    by_family[sample.work.family].push_back(&sample);
    all.push_back(&sample);
  }
  for (const auto& [type, of_type] : by_type) {
    measured_[type] = of_type.size();
    const bool alone = of_type.front()->work.free;  // and so without a family
    if (alone || of_type.size() >= kFewestLayers) types_[type] = fit(of_type);
  }
  for (const auto& [family, of_family] : by_family) families_[family] = fit(of_family);
  if (!all.empty()) all_ = fit(all);
}

double LayerRegression::latency(const LayerWork& work) const {
  if (work.free && !knows(work)) return 0;
  const auto type = types_.find(work.type);
  const auto family = families_.find(work.family);
  const Fit& fit = type != types_.end()        ? type->second
                   : family != families_.end() ? family->second
                                               : all_;
  return fit.layers == 0 ? 0 : fit.coefficients.dot(terms_of(work));
}

bool LayerRegression::knows(const LayerWork& work) const {
  return measured_.contains(work.type);
}

}  // namespace papilio
