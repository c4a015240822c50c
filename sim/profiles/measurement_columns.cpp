#include "sim/profiles/measurement_columns.hpp"

namespace papilio {
namespace {

using Type = CsvColumn::Type;

constexpr double kMostCrossingChannels = 65536;
constexpr double kMostCrossingBits = 32;

}  // namespace

const std::vector<CsvColumn>& payload_columns() {
  static const std::vector<CsvColumn> kColumns{
      {"image", Type::kText, 0, 0, false, "cat.jpg",
       "Name of the picture; each at most once for the same next four columns."},
      {"cut", Type::kText, 0, 0, false, "RB8",
       "By block or layer, as scenarios name it; 'input': the picture crosses."},
      {"channels", Type::kWhole, 0, kMostCrossingChannels, false, "5",
       "D_r of the butterfly unit; 0: none, a plain split, or the picture."},
      {"bits", Type::kWhole, 1, kMostCrossingBits, false, "8", "Of one element that crosses."},
      {"codec", Type::kText, 0, 0, false, "zstd",
       "raw, a codec of features, or at the input one of pictures."},
      {"body_bytes", Type::kWhole, 1, static_cast<double>(kMostPayloadBytes), false, "980",
       "What the codec made of it, in B."},
      {"frame_bytes", Type::kWhole, 0, static_cast<double>(kMostPayloadBytes), false, "40",
       "Of the frame around it, in B."},
      {"encode_s", Type::kNumber, 0, kMostCodingSeconds, true, "80e-6",
       "Quantising and encoding on the mobile, in s; empty: not measured."},
      {"decode_s", Type::kNumber, 0, kMostCodingSeconds, true, "30e-6",
       "Decoding on the other side, in s; empty: not measured."}};
  return kColumns;
}

const std::vector<CsvColumn>& accuracy_columns() {
  static const std::vector<CsvColumn> kColumns{
      {"cut", Type::kText, 0, 0, true, "RB8",
       "By block or layer, as scenarios name it; 'input': the picture crosses; empty: the uncut "
       "network."},
      {"channels", Type::kWhole, 0, kMostCrossingChannels, false, "5",
       "D_r of the butterfly unit; 0: none."},
      {"bits", Type::kWhole, 0, kMostCrossingBits, true, "8",
       "Of one element that crosses; 0 or empty: of the uncut network alone."},
      {"codec", Type::kText, 0, 0, true, "raw",
       "What it went through; empty: of the uncut network alone."},
      {"seed", Type::kWhole, 0, static_cast<double>(kMostSeedOfTraining), true, "1",
       "Of the training; each at most once for the same first four columns. Empty: of the uncut "
       "network alone."},
      {"images", Type::kWhole, 1, static_cast<double>(kMostTestImages), false, "1000",
       "Test pictures."},
      {"accuracy", Type::kNumber, 0, 1, false, "0.74", "Top-1, as a fraction."}};
  return kColumns;
}

}  // namespace papilio
