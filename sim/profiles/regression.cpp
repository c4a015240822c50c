#include "sim/profiles/regression.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <limits>

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

}  // namespace

Eigen::VectorXd nonnegative_least_squares(const Eigen::MatrixXd& a, const Eigen::VectorXd& b) {
  const Eigen::Index n = a.cols();
  Eigen::VectorXd x = Eigen::VectorXd::Zero(n);
  std::vector<Eigen::Index> passive;  // the columns that may be positive
  const double tolerance =
      10 * std::numeric_limits<double>::epsilon() * (a.transpose() * b).cwiseAbs().maxCoeff();
  // Each step lets in the column along which the error falls fastest. The error never grows and no
  // set of columns comes twice, so the bound is never met but by rounding.
  for (Eigen::Index step = 0; step < 3 * n; ++step) {
    const Eigen::VectorXd gradient = a.transpose() * (b - a * x);
    Eigen::Index best = -1;
    for (Eigen::Index j = 0; j < n; ++j) {
      if (std::find(passive.begin(), passive.end(), j) != passive.end()) continue;
      if (gradient[j] > tolerance && (best < 0 || gradient[j] > gradient[best])) best = j;
    }
    if (best < 0) break;
    passive.push_back(best);
    while (!passive.empty()) {
      const Eigen::VectorXd z = a(Eigen::all, passive).colPivHouseholderQr().solve(b);
      if (z.minCoeff() > 0) {
        x.setZero();
        x(passive) = z;
        break;
      }
      // As far towards z as nothing becomes negative; what becomes zero first leaves.
      const auto way = [&](Eigen::Index k) {
        const double now = x[passive[static_cast<std::size_t>(k)]];
        return z[k] > 0 ? 1 : now / (now - z[k]);
      };
      double share = 1;
      for (Eigen::Index k = 0; k < z.size(); ++k) share = std::min(share, way(k));
      std::vector<Eigen::Index> kept;
      Eigen::VectorXd moved = x;
      for (Eigen::Index k = 0; k < z.size(); ++k) {
        const Eigen::Index j = passive[static_cast<std::size_t>(k)];
        const bool leaves = z[k] <= 0 && way(k) <= share;
        moved[j] = leaves ? 0 : x[j] + share * (z[k] - x[j]);
        if (!leaves) kept.push_back(j);
      }
      x = moved;
      passive = std::move(kept);
    }
  }
  return x;
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
