#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/profiles/layer_profile.hpp"
#include "sim/profiles/published.hpp"

namespace papilio {

/// Layer tables recovered from the paper's end-to-end latencies, for it prints none.
///
/// With D_j the offloaded bytes and t_u the uplink rate of a network, Table IV follows
///   latency_j = D_j / t_u + c_j,   c_j = TM_j + reduction_j + TC_j,
/// where c_j does not depend on the network. Each c_j is the mean of its three estimates. With the
/// cloud `ratio` times as fast as the mobile in every layer and T the mobile-only time,
///   c_j = M_j + u_j b_j + (T - M_j) / ratio + u_j b_j / ratio,
/// where M_j is the mobile time up to block j, b_j that of block j alone, and u_j the MACs of one
/// half of the unit over those of block j. Solved for M_1, M_2, … in turn; the stem and the first
/// block share M_1, and the head has what is left of T. Inside these segments by MAC share.
///
/// Limits: 16 numbers are fitted to 48 cells, so the cells are not an independent test of the
/// simulator; `leave_one_network_out` says how well one network's cells follow from the others'.
struct PaperFit {
  LayerProfile mobile;
  LayerProfile cloud;  ///< without energies: the paper prints none for the cloud
};

/// The residual at one partition point, and what it says of the part before it.
struct Residual {
  std::string block;     ///< partition point, e.g. "RB1"; the first one includes the stem
  Seconds mean;          ///< c_j, over the networks
  Seconds spread;        ///< largest distance of one network's estimate from the mean
  double macs{0};        ///< of the layers since the partition point before
  double macs_per_s{0};  ///< implied by the increment of the residual, the unit included
};

/// Uplink rate of a network by its name.
using UplinkByNetwork = std::function<BytesPerSecond(const std::string&)>;

/// The residuals of the blocks of `graph` that the tables have, in order.
std::vector<Residual> residuals_of_blocks(const PublishedTables& tables, const Graph& graph,
                                          const UplinkByNetwork& uplink);

/// Fits the layer tables of `graph` on the devices that the tables name from Tables IV and V.
/// @param graph  the network the tables are about, its blocks labelled as in Table IV
/// @throws ConfigError if the tables lack a block of the graph or imply a negative time
PaperFit fit_paper(const PublishedTables& tables, const Graph& graph,
                   const UplinkByNetwork& uplink);

/// How well the cells of one network follow from the residuals of the other networks.
struct HeldOutError {
  std::string network;
  std::string worst_block;
  double worst{0};  ///< largest relative deviation of a latency, signed
  double mean{0};   ///< mean of the absolute relative deviations
};
/// One entry a network of the tables, each predicted from the mean residuals of the others.
std::vector<HeldOutError> leave_one_network_out(const PublishedTables& tables,
                                                const UplinkByNetwork& uplink);

}  // namespace papilio
