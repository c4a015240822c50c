// Claim: the shipped layer tables are what Tables IV and V of the paper imply, to the byte, and the
// quality of the fit is what the documentation says.

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "models/zoo/resnet.hpp"
#include "sim/paper/fit.hpp"
#include "sim/plan/price.hpp"
#include "sim/radio/radio.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

class PaperFitTest : public ::testing::Test {
 protected:
  const ProfileLibrary library_{{shipped_profiles()}};
  const Bibliography bibliography_{library_};
  const PublishedTables tables_ = load_published(library_, bibliography_, "butterfly-2019");
  const UplinkByNetwork uplink_ = [this](const std::string& network) {
    return load_radio(library_, bibliography_, network).radio.uplink;
  };
  const std::vector<Residual> residuals_ = residuals_of_blocks(tables_, resnet50_paper(), uplink_);
  const PaperFit fit_ = fit_paper(tables_, resnet50_paper(), uplink_);
};

// Residuals recomputed by hand: c_1 is the mean of 23.7 - 8·3136/1100, 5.2 - 8·3136/5850 and
// 2.4 - 8·3136/18880 ms = mean(0.8927, 0.9115, 1.0712); c_16 of 17.9 - 8·490/1100, … = 14.42.
TEST_F(PaperFitTest, ResidualsAreTheMeansOverTheNetworks) {
  ASSERT_EQ(residuals_.size(), 16U);
  EXPECT_NEAR(residuals_[0].mean.value(), 0.95846e-3, 1e-8);
  EXPECT_NEAR(residuals_[15].mean.value(), 14.420e-3, 1e-6);
  for (const Residual& residual : residuals_) {
    EXPECT_LE(residual.spread.value(), residual.block == "RB11" ? 0.25e-3 : 0.14e-3)
        << residual.block;
  }
}

TEST_F(PaperFitTest, ImpliedRatesAreUneven) {
  EXPECT_NEAR(residuals_[0].macs_per_s, 776e9, 0.5e9);  // stem and RB1
  EXPECT_NEAR(residuals_[1].macs_per_s, 226e9, 0.5e9);
}

TEST_F(PaperFitTest, TotalsAreTheMobileOnlyRowAndAThirtiethOfIt) {
  double mobile_s = 0;
  double mobile_j = 0;
  double cloud_s = 0;
  for (const LayerProfile::Row& row : fit_.mobile.rows) {
    mobile_s += row.latency_s;
    mobile_j += *row.energy_j;
    EXPECT_GE(row.latency_s, 0) << row.layer;
  }
  for (const LayerProfile::Row& row : fit_.cloud.rows) {
    cloud_s += row.latency_s;
    EXPECT_FALSE(row.energy_j) << "the paper prints no energy of the cloud";
  }
  EXPECT_NEAR(mobile_s, 15.7e-3, 1e-11);
  EXPECT_NEAR(mobile_j, 20.5e-3, 1e-11);
  EXPECT_NEAR(cloud_s, 15.7e-3 / 30, 1e-12);
}

// TM + reduction + restoration + TC must give c_j back at the paper's channels: the unit's own time
// is part of the printed latencies.
TEST_F(PaperFitTest, TheTablesGiveTheResidualsBack) {
  const Graph graph = resnet50_paper();
  const LayerPricer mobile{fit_.mobile, graph};
  const LayerPricer cloud{fit_.cloud, graph};
  for (const Residual& residual : residuals_) {
    const Plan plan = price(graph,
                            {.hops = {{*graph.find_cut(residual.block), Tier::kCloud}},
                             .channels = tables_.chosen_channels(residual.block),
                             .bits = 8},
                            {.mobile = mobile, .cloud = &cloud}, Bytes{0});
    EXPECT_NEAR((plan.time_at(Tier::kMobile) + plan.time_at(Tier::kCloud)).value(),
                residual.mean.value(), 1e-11)
        << residual.block;
  }
}

TEST_F(PaperFitTest, InsideABlockTimeGoesByMacs) {
  const Graph graph = resnet50_paper();
  const auto row = [&](const char* layer) {
    return fit_.mobile.rows[*graph.find_layer(layer)].latency_s;
  };
  const auto macs = [&](const char* layer) {
    return static_cast<double>(graph.layer(*graph.find_layer(layer)).macs);
  };
  EXPECT_NEAR(row("layer3.2.conv2") / row("layer3.2.conv1"),
              macs("layer3.2.conv2") / macs("layer3.2.conv1"), 1e-8);
  EXPECT_EQ(row("layer3.2.relu1"), 0) << "TensorRT fuses it into the convolution";
}

TEST_F(PaperFitTest, OneNetworkLeftOutIsPredictedAsDocumented) {
  const std::vector<HeldOutError> errors = leave_one_network_out(tables_, uplink_);
  ASSERT_EQ(errors.size(), 3U);
  EXPECT_NEAR(std::abs(errors[0].worst), 0.007, 0.0005);   // 3G
  EXPECT_NEAR(std::abs(errors[1].worst), 0.025, 0.0005);   // 4G
  EXPECT_NEAR(std::abs(errors[2].worst), 0.0705, 0.0005);  // Wi-Fi, at RB1
  EXPECT_EQ(errors[2].worst_block, "RB1");
}

TEST_F(PaperFitTest, TheShippedTablesAreTheseToTheByte) {
  for (const LayerProfile* derived : {&fit_.mobile, &fit_.cloud}) {
    LayerProfile copy = *derived;
    const std::string text =
        write_fields([&](FieldVisitor& visitor) { describe_layer_profile(visitor, copy); });
    const std::string shipped =
        testing::read_file(library_.path_by_name("layers", derived->device + "/" + derived->model));
    const std::size_t comment_end = shipped.find('\n') + 1;
    EXPECT_EQ(shipped.substr(comment_end), text)
        << "run: papilio profiles derive butterfly-2019 -o profiles";
  }
}

}  // namespace
}  // namespace papilio
