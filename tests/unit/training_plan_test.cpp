// Claims: a step of training costs what can be worked out by hand; the best placements, coupled,
// free and free with all paid, are those that trying all of them finds, costs worked out anew; both
// passes of a segment on one tier are a case of JointDNN's 2N layers, so the latter never cost
// more, and no single platform less than either; without a way back training is a request; and no
// weight is lost or counted twice.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "models/zoo/zoo.hpp"
#include "sim/planner/training.hpp"

namespace papilio {
namespace {

constexpr double kClose = 1e-9;

/// A network of linear layers and its devices, and what it is trained over.
struct Situation {
  std::vector<std::int64_t> widths;          ///< of the input, then of each layer
  std::vector<Tier> tiers;                   ///< the mobile first
  std::vector<std::vector<double>> layer_s;  ///< `[tiers][layers]`
  std::vector<double> mobile_j;              ///< `[layers]`
  RadioUse use;                              ///< without what the conditions say
  ConditionsSpec conditions;
  TrainingSettings settings;

  [[nodiscard]] std::size_t layers() const { return widths.size() - 1; }
};

/// A situation made into what the planner works with.
class Made {
 public:
  explicit Made(const Situation& situation) : conditions_{situation.conditions} {
    LayerId at = graph_.add("input", InputOp{.shape = TensorShape{situation.widths[0]}}, {});
    for (std::size_t i = 1; i < situation.widths.size(); ++i) {
      at = graph_.add(layer_name(i), LinearOp{.out_features = situation.widths[i]}, {at});
    }
    for (std::size_t tier = 0; tier < situation.tiers.size(); ++tier) {
      LayerProfile profile;
      profile.rows.push_back({.layer = "input", .latency_s = 0, .energy_j = 0});
      for (std::size_t i = 1; i < situation.widths.size(); ++i) {
        profile.rows.push_back({.layer = layer_name(i),
                                .latency_s = situation.layer_s[tier][i - 1],
                                .energy_j = tier == 0 ? situation.mobile_j[i - 1] : 0});
      }
      pricers_.push_back(std::make_unique<LayerPricer>(profile, graph_));
    }
    Devices devices{.mobile = *pricers_.front(), .cloud = pricers_.back().get()};
    if (situation.tiers.size() > 2) devices.edge = pricers_[1].get();
    steps_ = std::make_unique<StepCosts>(graph_, devices, situation.use, conditions_, true);
    const BatchMultiple linear{.times = static_cast<double>(situation.settings.batch)};
    costs_ =
        std::make_unique<TrainingCosts>(graph_, situation.tiers, *steps_, situation.settings,
                                        std::vector<BatchMultiple>(situation.tiers.size(), linear));
  }

  [[nodiscard]] const TrainingCosts& costs() const { return *costs_; }
  [[nodiscard]] const StepCosts& steps() const { return *steps_; }
  [[nodiscard]] const Graph& graph() const { return graph_; }

 private:
  static std::string layer_name(std::size_t i) { return "layer" + std::to_string(i); }

  Graph graph_{"small", "linear layers"};
  ConditionsSpec conditions_;
  std::vector<std::unique_ptr<LayerPricer>> pricers_;
  std::unique_ptr<StepCosts> steps_;
  std::unique_ptr<TrainingCosts> costs_;
};

/// Three layers, 4 to 8 to 2 to 3 numbers. The radio gives 1000 byte/s up at 1.5 W and 2000 byte/s
/// down at 2.5 W.
Situation three_layers() {
  Situation situation{.widths = {4, 8, 2, 3},
                      .tiers = {Tier::kMobile, Tier::kCloud},
                      .layer_s = {{0.010, 0.020, 0.030}, {0.001, 0.002, 0.003}},
                      .mobile_j = {0.001, 0.002, 0.003},
                      .use = {},
                      .conditions = {},
                      .settings = {.batch = 2, .sync_every = 4}};
  situation.use.radio.name = "test";
  situation.use.radio.uplink = BytesPerSecond{1000};
  situation.use.radio.downlink = BytesPerSecond{2000};
  situation.use.radio.alpha_uplink = JoulesPerByte{1e-3};
  situation.use.radio.alpha_downlink = JoulesPerByte{1e-3};
  situation.use.radio.beta = Watts{0.5};
  situation.conditions.result_bytes = 3;
  situation.conditions.delay_s = 0.010;
  situation.conditions.mobile_idle_power_w = 0.1;
  return situation;
}

// layer1 on the mobile, the others on the cloud; two pictures, F = 2, K = 4; ms:
//   layer1: 2 · 10 forward, 2 · 2 · 10 backward                                   60
//   up: 2 · 8 numbers of 4 bytes = 64 bytes, and 10 of propagation                64 + 10
//   layer2, layer3: (2 + 3) · 2 · (1 + 2)                                         30
//   down: as many bytes of gradients, at twice the rate                           32 + 10
//   weights: layer2 has 8 · 2 + 2, layer3 2 · 3 + 3 numbers, 108 bytes, / 4       13.5
// The scenario does not count its answers' download; training does.
TEST(Training, CostsWhatIsWorkedOutByHand) {
  const Situation situation = three_layers();
  ASSERT_FALSE(situation.conditions.download_takes_time);
  const Made made{situation};
  const TrainingPlan plan = plan_of(made.costs(), {.forward = {0, 1, 1}, .backward = {0, 1, 1}});
  EXPECT_NEAR(plan.spend[Criterion::kLatency], 0.2195, kClose);
  // Mobile 3 · 2 · 1 mJ; radio 1.5 W · 64 ms + 2.5 W · 45.5 ms; idle 0.1 W · 159.5 ms.
  EXPECT_NEAR(plan.spend[Criterion::kEnergy], 0.006 + 0.096 + 0.11375 + 0.01595, kClose);
  EXPECT_NEAR(plan.spend[Criterion::kCloudTime], 0.030, kClose);
  EXPECT_EQ(plan.upload.value(), 64);
  EXPECT_EQ(plan.download.value(), 64 + 27);
  EXPECT_EQ(plan.unpaid.value(), 0);
  EXPECT_EQ(plan.spend[Criterion::kCloudWeights], 108) << "stored once, though used both ways";
}

// Cloud-only: 2 · 4 inputs of one byte up, 8 + 10; (1 + 2 + 3) · 6 = 36; that it is over, 10; and
// (40 + 18 + 9) · 4 / 4 = 67 bytes of weights, 33.5. No gradient of the inputs comes back.
TEST(Training, OnOnePlatformSendsPicturesAndWeightsAlone) {
  const Made made{three_layers()};
  const TrainingPlan cloud = single_platform(made.costs(), 1);
  EXPECT_NEAR(cloud.spend[Criterion::kLatency], 0.008 + 0.010 + 0.036 + 0.010 + 0.0335, kClose);
  EXPECT_EQ(cloud.upload.value(), 8);
  EXPECT_EQ(cloud.download.value(), 67);
  const TrainingPlan mobile = single_platform(made.costs(), 0);
  EXPECT_NEAR(mobile.spend[Criterion::kLatency], 6 * 0.060, kClose);
  EXPECT_NEAR(mobile.spend[Criterion::kEnergy], 6 * 0.006, kClose);
  EXPECT_EQ(mobile.upload.value() + mobile.download.value(), 0);
}

// Forward on the cloud, backward on the mobile: the last layer's outputs, 2 · 3 · 4 = 24 bytes,
// come down. Left out are the inputs that layers stored, 8 + 64 + 16 bytes, and 268 bytes of
// weights that the cloud needs in the next step. No weights go to the mobile, for it has made them.
TEST(Training, SaysWhatJointDnnsFreedomLeavesOut) {
  const Made made{three_layers()};
  const TrainingPlan plan = plan_of(made.costs(), {.forward = {1, 1, 1}, .backward = {0, 0, 0}});
  EXPECT_EQ(plan.download.value(), 24);
  EXPECT_EQ(plan.unpaid.value(), 8 + 64 + 16 + 268);
  // Three messages down, 88 bytes and 3 · 10 ms; weights behind others up.
  EXPECT_NEAR(plan.unpaid_spend[Criterion::kLatency], 0.044 + 0.030 + 0.268, kClose);
  // The other way round the weights' download is paid to a quarter, as K is 4.
  const TrainingPlan other = plan_of(made.costs(), {.forward = {0, 0, 0}, .backward = {1, 1, 1}});
  EXPECT_EQ(other.download.value(), 67);
  EXPECT_EQ(other.unpaid.value(), 8 + 64 + 16 + 268 - 67);
  // Paid for, inputs go up to the backward passes, weights come down, once whole.
  const TrainingPlan paid =
      plan_of(made.costs(), {.forward = {0, 0, 0}, .backward = {1, 1, 1}}, true);
  EXPECT_EQ(paid.upload.value(), other.upload.value() + 8 + 64 + 16);
  EXPECT_EQ(paid.download.value(), 268);
  EXPECT_NEAR(paid.spend[Criterion::kLatency],
              other.spend[Criterion::kLatency] + other.unpaid_spend[Criterion::kLatency], kClose);
}

TEST(Training, WeightsComeOnceInSoManySteps) {
  Situation situation = three_layers();
  std::array<double, 2> downloads{};
  for (const std::int64_t every : {1, 1000}) {
    situation.settings.sync_every = every;
    downloads.at(every == 1 ? 0 : 1) = single_platform(Made{situation}.costs(), 1).download.value();
  }
  EXPECT_EQ(downloads[0], 268);
  EXPECT_NEAR(downloads[1], 0.268, kClose);
}

/// Time and mobile energy of a step, worked out from the situation's numbers alone.
class ByItself {
 public:
  explicit ByItself(const Situation& situation) : of_{situation} {}

  /// @param pays_all whether stored inputs and weights follow where passes part
  std::pair<double, double> step(const std::vector<std::uint8_t>& forward,
                                 const std::vector<std::uint8_t>& backward, bool pays_all = false) {
    time_ = energy_ = 0;
    at_ = 0;
    const double batch = static_cast<double>(of_.settings.batch);
    const double real = of_.settings.bits / 8.0;  // whole bytes in all situations here
    const std::size_t layers = of_.layers();
    for (std::size_t i = 0; i < layers; ++i) {
      const double number = i == 0 ? of_.settings.input_bits / 8.0 : real;
      move(forward[i], batch * number * static_cast<double>(of_.widths[i]), true);
      compute(i, batch);
    }
    move(backward[layers - 1], batch * real * static_cast<double>(of_.widths[layers]), true);
    for (std::size_t i = layers; i-- > 0;) {
      move(backward[i], batch * real * static_cast<double>(of_.widths[i + 1]), true);
      compute(i, batch * of_.settings.backward);
    }
    move(0, 0, true);
    for (std::size_t i = 0; i < layers; ++i) {
      at_ = backward[i];
      const auto numbers = static_cast<double>((of_.widths[i] + 1) * of_.widths[i + 1]);
      const double share = 4 * numbers / static_cast<double>(of_.settings.sync_every);
      move(0, share, false);
      if (!pays_all || forward[i] == backward[i]) continue;
      at_ = forward[i];
      const double number = i == 0 ? of_.settings.input_bits / 8.0 : real;
      move(backward[i], batch * number * static_cast<double>(of_.widths[i]), true);
      move(forward[i], 4 * numbers - (forward[i] == 0 ? share : 0), false);
    }
    return {time_, energy_};
  }

 private:
  void compute(std::size_t layer, double times) {
    const double seconds = of_.layer_s[at_][layer] * times;
    spend(seconds, at_ == 0 ? of_.mobile_j[layer] * times : idle() * seconds);
  }
  void move(std::size_t to, double bytes, bool is_message) {
    if (at_ == to) return;
    const Radio& radio = of_.use.radio;
    if (at_ == 0) transfer(bytes / radio.uplink.value(), radio.uplink_power().value());
    if (to == 0) transfer(bytes / radio.downlink.value(), radio.downlink_power().value());
    if ((at_ == 0 || to == 0) && is_message) transfer(*of_.conditions.delay_s, 0);
    const std::size_t cloud = of_.tiers.size() - 1;
    if (of_.conditions.has_edge && (at_ == cloud || to == cloud)) {
      transfer(bytes * 8 / *of_.conditions.backhaul_bit_per_s, 0);
      if (is_message) transfer(*of_.conditions.backhaul_delay_s, 0);
    }
    at_ = to;
  }
  void transfer(double seconds, double watts) { spend(seconds, (watts + idle()) * seconds); }
  [[nodiscard]] double idle() const { return *of_.conditions.mobile_idle_power_w; }
  void spend(double seconds, double joules) {
    time_ += seconds;
    energy_ += joules;
  }

  const Situation& of_;
  std::size_t at_{0};
  double time_{0};
  double energy_{0};
};

/// Small networks, fast and slow radios, few and many pictures.
Situation random_situation(unsigned seed) {
  std::mt19937 engine{seed};
  const auto below = [&](std::uint32_t end) { return static_cast<std::int64_t>(engine() % end); };
  const auto fraction = [&] { return (1 + static_cast<double>(engine() >> 12U)) / 1048577; };
  Situation situation{};
  const auto layers = static_cast<std::size_t>(2 + below(3));
  for (std::size_t i = 0; i <= layers; ++i) situation.widths.push_back(1 + below(40));
  situation.tiers = {Tier::kMobile, Tier::kCloud};
  situation.conditions.has_edge = below(2) == 1;
  if (situation.conditions.has_edge)
    situation.tiers.insert(situation.tiers.begin() + 1, Tier::kEdge);
  double speed = 1;
  for (std::size_t tier = 0; tier < situation.tiers.size(); ++tier) {
    situation.layer_s.emplace_back();
    for (std::size_t i = 0; i < layers; ++i) {
      situation.layer_s.back().push_back(speed * fraction() * 0.01);
    }
    speed /= static_cast<double>(1 + below(20));
  }
  for (std::size_t i = 0; i < layers; ++i) situation.mobile_j.push_back(fraction() * 0.02);
  Radio& radio = situation.use.radio;
  radio.uplink = BytesPerSecond{1e4 * std::pow(100, fraction())};
  radio.downlink = BytesPerSecond{1e4 * std::pow(100, fraction())};
  radio.alpha_uplink = JoulesPerByte{fraction() * 1e-6};
  radio.alpha_downlink = JoulesPerByte{fraction() * 1e-6};
  radio.beta = Watts{fraction()};
  ConditionsSpec& conditions = situation.conditions;
  conditions.result_bytes = 1;
  conditions.delay_s = below(2) == 1 ? fraction() * 1e-3 : 0;
  conditions.mobile_idle_power_w = below(2) == 1 ? fraction() : 0;
  conditions.backhaul_bit_per_s = 1e6 * std::pow(100, fraction());
  conditions.backhaul_delay_s = fraction() * 1e-3;
  if (!conditions.has_edge) {
    conditions.backhaul_bit_per_s.reset();
    conditions.backhaul_delay_s.reset();
  }
  situation.settings = {.batch = 1 + below(16),
                        .bits = below(2) == 1 ? 32 : 8,
                        .backward = 3 * fraction(),
                        .sync_every = below(2) == 1 ? 1 : 1 + below(1000)};
  return situation;
}

void for_each_placement(std::size_t passes, std::size_t tiers,
                        const std::function<void(const std::vector<std::uint8_t>&)>& visit) {
  std::vector<std::uint8_t> at(passes);
  while (true) {
    visit(at);
    std::size_t i = 0;
    while (i < passes && at[i] + 1U == tiers) at[i++] = 0;
    if (i == passes) return;
    ++at[i];
  }
}

Spend weights_of(Criterion criterion) {
  Spend weights;
  weights[criterion] = 1;
  return weights;
}

TEST(Training, BestPlacementsAreThoseThatTryingAllFinds) {
  constexpr unsigned kSituations = 60;
  std::size_t parted = 0;         // where neither platform alone is the best
  std::size_t freer = 0;          // where JointDNN's freedom gains something
  std::size_t worth_parting = 0;  // where it does though it pays for all
  for (unsigned seed = 0; seed < kSituations; ++seed) {
    const Situation situation = random_situation(seed);
    const Made made{situation};
    ByItself by_itself{situation};
    const std::size_t layers = situation.layers();
    std::array<double, 2> coupled{std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::infinity()};
    std::array<double, 2> free = coupled;
    std::array<double, 2> single = coupled;
    std::array<double, 2> paid = coupled;
    for_each_placement(2 * layers, situation.tiers.size(), [&](const auto& at) {
      const auto middle = at.begin() + static_cast<std::ptrdiff_t>(layers);
      const std::vector<std::uint8_t> forward{at.begin(), middle};
      const std::vector<std::uint8_t> backward{middle, at.end()};
      const auto [time, energy] = by_itself.step(forward, backward);
      const bool is_coupled = forward == backward;
      const bool is_single =
          is_coupled && std::count(at.begin(), at.end(), at.front()) == std::ssize(at);
      const auto [all_time, all_energy] = by_itself.step(forward, backward, true);
      paid[0] = std::min(paid[0], all_time);
      paid[1] = std::min(paid[1], all_energy);
      for (const auto& [i, value] : {std::pair{0U, time}, std::pair{1U, energy}}) {
        free.at(i) = std::min(free.at(i), value);
        if (is_coupled) coupled.at(i) = std::min(coupled.at(i), value);
        if (is_single) single.at(i) = std::min(single.at(i), value);
      }
    });
    for (const Criterion criterion : {Criterion::kLatency, Criterion::kEnergy}) {
      const std::size_t i = criterion == Criterion::kLatency ? 0 : 1;
      const TrainingPlan best = best_coupled(made.costs(), weights_of(criterion));
      const TrainingPlan freest = best_free(made.costs(), weights_of(criterion));
      EXPECT_NEAR(best.spend[criterion] / coupled.at(i), 1, kClose) << "seed " << seed;
      EXPECT_NEAR(freest.spend[criterion] / free.at(i), 1, kClose) << "seed " << seed;
      const TrainingPlan all_paid = best_paid(made.costs(), weights_of(criterion));
      EXPECT_NEAR(all_paid.spend[criterion] / paid.at(i), 1, kClose) << "seed " << seed;
      EXPECT_LE(all_paid.spend[criterion], best.spend[criterion] * (1 + kClose));
      EXPECT_EQ(all_paid.unpaid.value(), 0);
      if (all_paid.spend[criterion] < best.spend[criterion] * (1 - kClose)) ++worth_parting;
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t tier = 0; tier < situation.tiers.size(); ++tier) {
        least = std::min(least, single_platform(made.costs(), tier).spend[criterion]);
      }
      EXPECT_NEAR(least / single.at(i), 1, kClose) << "seed " << seed;
      EXPECT_LE(best.spend[criterion], least * (1 + kClose));
      EXPECT_LE(freest.spend[criterion], best.spend[criterion] * (1 + kClose));
      EXPECT_EQ(best.unpaid.value(), 0);
      if (best.spend[criterion] < least * (1 - kClose)) ++parted;
      if (freest.spend[criterion] < best.spend[criterion] * (1 - kClose)) ++freer;
    }
  }
  EXPECT_GE(parted, 10U) << "else the searches were not put to the test";
  EXPECT_GE(freer, 10U);
  EXPECT_GE(worth_parting, 1U);
}

// The chain of N steps, the chain of 2N mirrored, and the sum of the parts are one sum in three
// orders.
TEST(Training, CoupledIsACaseOfTheFreeChain) {
  for (unsigned seed = 100; seed < 130; ++seed) {
    const Situation situation = random_situation(seed);
    const Made made{situation};
    const Chain coupled = coupled_chain(made.costs());
    const Chain free = free_chain(made.costs());
    for_each_placement(situation.layers(), situation.tiers.size(), [&](const auto& at) {
      std::vector<std::uint8_t> mirrored = at;
      mirrored.insert(mirrored.end(), at.rbegin(), at.rend());
      const Spend whole = plan_of(made.costs(), {.forward = at, .backward = at}).spend;
      for (const Criterion criterion :
           {Criterion::kLatency, Criterion::kEnergy, Criterion::kCloudTime, Criterion::kUpload,
            Criterion::kCloudWeights, Criterion::kMobileWeights}) {
        EXPECT_NEAR(cost_of(coupled, at)[criterion], whole[criterion],
                    kClose * (1 + whole[criterion]));
        EXPECT_NEAR(cost_of(free, mirrored)[criterion], whole[criterion],
                    kClose * (1 + whole[criterion]));
      }
    });
  }
}

// F = 0, weights as good as never sent, and a downlink that takes no time or energy: what is left
// of a step that crosses once is a request without its answer's bytes.
TEST(Training, WithoutAWayBackIsARequest) {
  for (unsigned seed = 200; seed < 230; ++seed) {
    Situation situation = random_situation(seed);
    constexpr double kNoTime = 1e300;
    situation.use.radio.downlink = BytesPerSecond{kNoTime};
    situation.use.radio.alpha_downlink = JoulesPerByte{0};
    // Between edge and cloud gradients would take their time.
    if (situation.conditions.has_edge) situation.conditions.backhaul_bit_per_s = kNoTime;
    situation.settings = {.batch = 1, .bits = 8, .input_bits = 8, .backward = 0, .sync_every = 1};
    const Made made{situation};
    const NetworkChain request =
        chain_of(made.graph(), situation.tiers, made.steps(), situation.settings.bits);
    const Chain training = coupled_chain(made.costs());
    for (std::size_t crossing = 0; crossing <= situation.layers(); ++crossing) {
      const auto cloud = static_cast<std::uint8_t>(situation.tiers.size() - 1);
      std::vector<std::uint8_t> at(situation.layers(), cloud);
      std::fill_n(at.begin(), crossing, std::uint8_t{0});
      const Spend expected = cost_of(request.chain, at);
      const Spend found = cost_of(training, at);
      for (const Criterion criterion :
           {Criterion::kLatency, Criterion::kEnergy, Criterion::kUpload, Criterion::kCloudTime}) {
        EXPECT_NEAR(found[criterion], expected[criterion], kClose * (1 + expected[criterion]))
            << "seed " << seed << ", " << crossing << " on the mobile";
      }
    }
  }
}

TEST(Training, NoWeightIsLostOrCountedTwice) {
  for (const char* model : {"alexnet-2012", "resnet18", "squeezenet1_0"}) {
    const Graph graph = find_model(model).value();
    LayerProfile profile;
    for (const Layer& layer : graph.layers()) {
      profile.rows.push_back({.layer = layer.name, .latency_s = 0, .energy_j = 0});
    }
    const LayerPricer pricer{profile, graph};
    ConditionsSpec conditions;
    conditions.result_bytes = 1;
    const StepCosts steps{
        graph, {.mobile = pricer, .cloud = &pricer}, three_layers().use, conditions, true};
    const TrainingCosts costs{graph, {Tier::kMobile, Tier::kCloud}, steps, {}, {{}, {}}};
    double bytes = 0;
    for (std::size_t i = 0; i < costs.segments(); ++i) bytes += costs.weights(i).value();
    EXPECT_EQ(bytes, 4.0 * static_cast<double>(graph.parameters())) << model;
    EXPECT_EQ(costs.activations(0).value(), 3.0 * 224 * 224) << "a picture at 8 bits";
  }
}

LayerProfile measured(std::vector<LayerProfile::Batch> batches) {
  LayerProfile profile;
  profile.rows.push_back({.layer = "all", .latency_s = 0.010});
  profile.batches = std::move(batches);
  return profile;
}

// 10 ms for one, 16 for four, 40 for sixteen: eight take 16 + 4/12 · 24 = 24; 32 twice sixteen's.
TEST(Training, ABatchTakesWhatWasMeasuredElseInProportion) {
  const LayerProfile profile = measured({{1, 0.010, {}}, {4, 0.016, {}}, {16, 0.040, {}}});
  EXPECT_NEAR(batch_multiple(profile, 4).times, 1.6, kClose);
  EXPECT_NEAR(batch_multiple(profile, 8).times, 2.4, kClose);
  EXPECT_NEAR(batch_multiple(profile, 32).times, 8, kClose);
  EXPECT_TRUE(batch_multiple(profile, 32).measured);
  EXPECT_EQ(batch_multiple(profile, 1).times, 1);
  // Of four alone the layers' sum says what one takes.
  EXPECT_NEAR(batch_multiple(measured({{4, 0.016, {}}}), 2).times, 1.2, kClose);
  // Nobody measured several at once.
  EXPECT_EQ(batch_multiple(measured({{1, 0.012, {}}}), 8).times, 8);
  EXPECT_FALSE(batch_multiple(measured({}), 8).measured);
}

}  // namespace
}  // namespace papilio
