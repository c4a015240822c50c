#include "models/infer/collect.hpp"

#include <fmt/format.h>

#include "sim/base/stats/estimate.hpp"

namespace papilio {
namespace {

/// The mean of a number of each image.
template <class Get>
double mean_of(const CodecResults& results, Get get) {
  double sum = 0;
  for (const Crossed& crossed : results.crossed) sum += static_cast<double>(get(crossed));
  return results.crossed.empty() ? 0 : sum / static_cast<double>(results.crossed.size());
}

template <class Get>
TableCell median_ms(const CodecResults& results, Get get) {
  std::vector<double> values;
  values.reserve(results.crossed.size());
  for (const Crossed& crossed : results.crossed) values.push_back(get(crossed.times));
  return decimals(median(std::move(values)).value * 1e3, 3);
}

double right_share(const CodecResults& results, const std::vector<std::int64_t>& labels) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    right += results.predictions[i] == labels[i] ? 1U : 0U;
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

}  // namespace

Table payload_table(const std::vector<CodecResults>& all) {
  Table table{.columns = {{"image", true},
                          {"cut", true},
                          {"channels"},
                          {"bits"},
                          {"codec", true},
                          {"body_bytes"},
                          {"frame_bytes"},
                          {"encode_s"},
                          {"decode_s"}}};
  for (const CodecResults& results : all) {
    for (std::size_t i = 0; i < results.crossed.size(); ++i) {
      const Crossed& crossed = results.crossed[i];
      table.rows.push_back({results.images[i], results.cut, results.channels, results.bits,
                            results.codec, crossed.body_bytes, crossed.frame_bytes,
                            decimals(crossed.times.encode_s, 9),
                            decimals(crossed.times.decode_s, 9)});
    }
  }
  return table;
}

Table bytes_table(const std::vector<CodecResults>& all, const std::vector<std::int64_t>& labels) {
  Table table{.columns = {{"cut", true},
                          {"D_r"},
                          {"bits"},
                          {"codec", true},
                          {"body, bytes"},
                          {"frame"},
                          {"of raw unit"},
                          {"of raw tensor"},
                          {"accuracy, %"},
                          {"mobile, ms"},
                          {"encode"},
                          {"decode"},
                          {"cloud"}}};
  double raw_unit = 0;  // of the rows' group, whose first codec is raw
  for (const CodecResults& results : all) {
    const double body = mean_of(results, [](const Crossed& c) { return c.body_bytes; });
    if (results.codec == "raw") raw_unit = body;
    table.rows.push_back(
        {results.cut, results.channels == 0 ? none() : TableCell{results.channels}, results.bits,
         results.codec, decimals(body, 1),
         decimals(mean_of(results, [](const Crossed& c) { return c.frame_bytes; }), 0),
         decimals(body / raw_unit, 3), decimals(body / static_cast<double>(results.raw_bytes), 5),
         labels.empty() ? none() : decimals(right_share(results, labels) * 100, 2),
         median_ms(results, [](const StageTimes& t) { return t.prefix_s; }),
         median_ms(results, [](const StageTimes& t) { return t.encode_s; }),
         median_ms(results, [](const StageTimes& t) { return t.decode_s; }),
         median_ms(results, [](const StageTimes& t) { return t.suffix_s; })});
  }
  return table;
}

}  // namespace papilio
