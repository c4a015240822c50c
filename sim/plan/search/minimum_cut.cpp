#include "sim/plan/search/minimum_cut.hpp"

#include <algorithm>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

using Units = std::int64_t;

constexpr double kForbidden = std::numeric_limits<double>::infinity();
/// No placement that could be the least costs as many units.
constexpr int kDigits = 60;
constexpr Units kDear = Units{1} << kDigits;
/// What must not be cut. Twice as much, which a residual may become, is a number still.
constexpr Units kUncuttable = kDear * 2;

/// Costs in whole units.
class Scale {
 public:
  /// @param most that the least placement can cost, > 0
  explicit Scale(double most) : exponent_{kDigits - 1 - std::ilogb(most)} {}

  [[nodiscard]] Units units(double cost) const {
    if (cost == kForbidden) return kUncuttable;
    const double scaled = std::ldexp(cost, exponent_);
    return scaled >= static_cast<double>(kDear) ? kDear : std::llround(scaled);
  }

 private:
  int exponent_;
};

/// A network of pipes, and its least cut.
class FlowNetwork {
 public:
  explicit FlowNetwork(std::size_t nodes) : nodes_{nodes} {}

  std::size_t add_node() { return nodes_++; }
  void add_pipe(std::size_t from, std::size_t to, Units capacity, Units back = 0) {
    if (capacity == 0 && back == 0) return;
    pipes_.push_back({from, to, capacity});
    pipes_.push_back({to, from, back});
  }

  /// Which nodes are on the sink's side of the least cut whose sink's side is smallest; nothing
  /// where each cut is `kUncuttable` or more.
  [[nodiscard]] std::optional<std::vector<bool>> least_cut(std::size_t source,
                                                           std::size_t sink) const {
    const std::vector<std::size_t> order = by_beginning();
    std::vector<std::pair<std::size_t, std::size_t>> ends(pipes_.size());
    std::vector<Units> capacity(pipes_.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      ends[order[i]] = {pipes_[i].from, pipes_[i].to};
      capacity[order[i]] = pipes_[i].capacity;
    }
    Graph graph{boost::edges_are_sorted, ends.begin(), ends.end(), nodes_};
    std::vector<Edge> reverse(pipes_.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      reverse[order[i]] = boost::edge_from_index(order[i ^ 1U], graph);  // pipes come in pairs
    }
    std::vector<Units> residual(pipes_.size());
    std::vector<Edge> predecessors(nodes_);
    std::vector<boost::default_color_type> colours(nodes_);
    std::vector<long> distances(nodes_);
    const auto of_edges = boost::get(boost::edge_index, graph);
    const auto of_nodes = boost::get(boost::vertex_index, graph);
    const Units flow = boost::boykov_kolmogorov_max_flow(
        graph, boost::make_iterator_property_map(capacity.begin(), of_edges),
        boost::make_iterator_property_map(residual.begin(), of_edges),
        boost::make_iterator_property_map(reverse.begin(), of_edges),
        boost::make_iterator_property_map(predecessors.begin(), of_nodes),
        boost::make_iterator_property_map(colours.begin(), of_nodes),
        boost::make_iterator_property_map(distances.begin(), of_nodes), of_nodes, source, sink);
    if (flow >= kUncuttable) return std::nullopt;

    // The nodes from which more could flow to the sink.
    std::vector<bool> leads(nodes_);
    std::vector<std::size_t> open{sink};
    leads[sink] = true;
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      for (auto [edge, end] = boost::out_edges(at, graph); edge != end; ++edge) {
        const std::size_t from = boost::target(*edge, graph);
        if (leads[from] || residual[get(of_edges, reverse[get(of_edges, *edge)])] == 0) continue;
        leads[from] = true;
        open.push_back(from);
      }
    }
    return leads;
  }

 private:
  struct Pipe {
    std::size_t from;
    std::size_t to;
    Units capacity;
  };
  using Graph = boost::compressed_sparse_row_graph<boost::directedS>;
  using Edge = boost::graph_traits<Graph>::edge_descriptor;

  /// The place of each pipe where they are sorted by their beginnings.
  [[nodiscard]] std::vector<std::size_t> by_beginning() const {
    std::vector<std::size_t> next(nodes_ + 1);
    for (const Pipe& pipe : pipes_) ++next[pipe.from + 1];
    std::partial_sum(next.begin(), next.end(), next.begin());
    std::vector<std::size_t> places;
    places.reserve(pipes_.size());
    for (const Pipe& pipe : pipes_) places.push_back(next[pipe.from]++);
    return places;
  }

  std::size_t nodes_;
  std::vector<Pipe> pipes_;  // each followed by its reverse
};

/// The network whose cuts are placements: the node of a vertex and a boundary is on the source's
/// side if the vertex is on a level before the boundary.
class PlacementNetwork {
 public:
  PlacementNetwork(const CutProblem& problem, const Scale& scale)
      : problem_{problem},
        scale_{scale},
        boundaries_{problem.levels - 1},
        network_{problem.cost.size() * boundaries_} {
    // All that flows goes through one pipe, so that even many contradictions cannot flow over.
    network_.add_pipe(origin_, source_, kUncuttable);
    for (std::size_t vertex = 0; vertex < problem.cost.size(); ++vertex) add_vertex(vertex);
    for (const CutTensor& tensor : problem.tensors) add_tensor(tensor);
    for (std::size_t b = 0; b < problem.crossing.size(); ++b) add_crossing(b);
  }

  std::optional<std::vector<std::uint8_t>> least() {
    const std::optional<std::vector<bool>> is_beyond = network_.least_cut(origin_, sink_);
    if (!is_beyond) return std::nullopt;
    std::vector<std::uint8_t> levels(problem_.cost.size());
    for (std::size_t vertex = 0; vertex < levels.size(); ++vertex) {
      for (std::size_t b = 0; b < boundaries_; ++b) {
        if ((*is_beyond)[node(vertex, b)]) levels[vertex] = static_cast<std::uint8_t>(b + 1);
      }
    }
    return levels;
  }

 private:
  [[nodiscard]] std::size_t node(std::size_t vertex, std::size_t boundary) const {
    return vertex * boundaries_ + boundary;
  }

  /// A way from the source through the boundaries, the last first, to the sink, which is cut where
  /// the vertex is. A vertex that is before a boundary is before the later ones.
  void add_vertex(std::size_t vertex) {
    const std::vector<double>& cost = problem_.cost[vertex];
    network_.add_pipe(node(vertex, 0), sink_, scale_.units(cost[0]));
    for (std::size_t b = 1; b < boundaries_; ++b) {
      network_.add_pipe(node(vertex, b), node(vertex, b - 1), scale_.units(cost[b]), kUncuttable);
    }
    network_.add_pipe(source_, node(vertex, boundaries_ - 1), scale_.units(cost[boundaries_]));
  }

  /// Whoever uses a tensor before a boundary needs it made before. If it is made before and anybody
  /// uses it beyond, a pipe is cut, one for all of them.
  void add_tensor(const CutTensor& tensor) {
    for (std::size_t b = 0; b < boundaries_; ++b) {
      const std::size_t made = node(tensor.producer, b);
      const Units cost = scale_.units(tensor.cost[b]);
      if (tensor.consumers.size() == 1) {
        network_.add_pipe(made, node(tensor.consumers[0], b), cost, kUncuttable);
        continue;
      }
      const std::size_t crosses = cost > 0 ? network_.add_node() : 0;
      if (cost > 0) network_.add_pipe(made, crosses, cost);
      for (const std::size_t consumer : tensor.consumers) {
        network_.add_pipe(node(consumer, b), made, kUncuttable);
        if (cost > 0) network_.add_pipe(crosses, node(consumer, b), kUncuttable);
      }
    }
  }

  /// As a tensor that the source makes and all vertices use.
  void add_crossing(std::size_t boundary) {
    const std::size_t crosses = network_.add_node();
    network_.add_pipe(source_, crosses, scale_.units(problem_.crossing[boundary]));
    for (std::size_t vertex = 0; vertex < problem_.cost.size(); ++vertex) {
      network_.add_pipe(crosses, node(vertex, boundary), kUncuttable);
    }
  }

  const CutProblem& problem_;
  const Scale& scale_;
  std::size_t boundaries_;
  FlowNetwork network_;
  std::size_t origin_ = network_.add_node();
  std::size_t source_ = network_.add_node();
  std::size_t sink_ = network_.add_node();
};

double all_finite_costs(const CutProblem& problem) {
  double sum = 0;
  const auto add = [&sum](const std::vector<double>& costs) {
    for (const double cost : costs) sum += cost == kForbidden ? 0 : cost;
  };
  for (const std::vector<double>& costs : problem.cost) add(costs);
  for (const CutTensor& tensor : problem.tensors) add(tensor.cost);
  add(problem.crossing);
  return sum;
}

void check_costs(const std::vector<double>& costs, std::size_t size) {
  PAPILIO_CHECK(costs.size() == size);
  for (const double cost : costs) PAPILIO_CHECK(cost >= 0);
}

void check(const CutProblem& problem) {
  constexpr std::size_t kMostLevels = 256;
  PAPILIO_CHECK(problem.levels >= 1 && problem.levels <= kMostLevels);
  const std::size_t vertices = problem.cost.size();
  for (const std::vector<double>& costs : problem.cost) check_costs(costs, problem.levels);
  for (const CutTensor& tensor : problem.tensors) {
    check_costs(tensor.cost, problem.levels - 1);
    PAPILIO_CHECK(tensor.producer < vertices);
    for (const std::size_t consumer : tensor.consumers) PAPILIO_CHECK(consumer < vertices);
  }
  if (!problem.crossing.empty()) check_costs(problem.crossing, problem.levels - 1);
}

}  // namespace

void CutProblem::pin(std::size_t vertex, std::size_t level) {
  for (std::size_t other = 0; other < levels; ++other) {
    if (other != level) cost[vertex][other] = kForbidden;
  }
}

double cost_of(const CutProblem& problem, const std::vector<std::uint8_t>& levels) {
  double sum = 0;
  std::size_t farthest = 0;
  for (std::size_t vertex = 0; vertex < problem.cost.size(); ++vertex) {
    sum += problem.cost[vertex][levels[vertex]];
    farthest = std::max<std::size_t>(farthest, levels[vertex]);
  }
  for (const CutTensor& tensor : problem.tensors) {
    const std::size_t made = levels[tensor.producer];
    std::size_t used = made;
    for (const std::size_t consumer : tensor.consumers) {
      if (levels[consumer] < made) return kForbidden;
      used = std::max<std::size_t>(used, levels[consumer]);
    }
    for (std::size_t b = made; b < used; ++b) sum += tensor.cost[b];
  }
  for (std::size_t b = 0; b < std::min(farthest, problem.crossing.size()); ++b) {
    sum += problem.crossing[b];
  }
  return sum;
}

std::optional<LevelPlacement> minimum_cut(const CutProblem& problem) {
  check(problem);
  LevelPlacement placement{std::vector<std::uint8_t>(problem.cost.size()), 0};
  placement.cost = cost_of(problem, placement.levels);
  if (problem.levels == 1 || placement.cost == 0) {
    return placement.cost == kForbidden ? std::nullopt : std::optional{placement};
  }
  double most = placement.cost == kForbidden ? all_finite_costs(problem) : placement.cost;
  if (most == 0) most = 1;
  const Scale scale{most};
  std::optional<std::vector<std::uint8_t>> levels = PlacementNetwork{problem, scale}.least();
  if (!levels) return std::nullopt;
  placement.levels = *std::move(levels);
  placement.cost = cost_of(problem, placement.levels);
  return placement;
}

}  // namespace papilio
