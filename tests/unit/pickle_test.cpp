// Claims: a pickle's values are those that Python would make of it, its names are refused unless
// PyTorch's files need them, and no pickle can exhaust the stack, the memory or one's patience.

#include "models/weights/pickle.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace papilio {
namespace {

using namespace std::string_literals;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void expect_error(const std::string& pickle, const auto& matcher) {
  EXPECT_THAT([&] { Pickle{bytes_of(pickle)}; }, ThrowsMessage<PickleError>(matcher));
}

/// BINUNICODE
std::string text(std::string_view words) {
  const auto size = static_cast<std::uint32_t>(words.size());
  std::string result{"X"};
  result.append(reinterpret_cast<const char*>(&size), sizeof size);
  return result.append(words);
}

template <class T>
T only_value(const std::string& pickle) {
  const Pickle read{bytes_of(pickle)};
  const T* value = read.root().as<T>();
  if (value == nullptr) throw std::runtime_error{"another type"};
  return *value;
}

TEST(Pickle, ReadsNumbersAsPythonDoes) {
  EXPECT_EQ(only_value<std::int64_t>("\x80\x02J\xfe\xff\xff\xff."), -2);
  EXPECT_EQ(only_value<std::int64_t>("K\xff."), 255);
  EXPECT_EQ(only_value<std::int64_t>("M\x01\x02."), 513);
  EXPECT_EQ(only_value<std::int64_t>("\x8a\x01\xff."), -1);
  EXPECT_EQ(only_value<std::int64_t>("\x8a\x02\xff\x00."s), 255);
  EXPECT_EQ(only_value<std::int64_t>("\x8a\x00."s), 0);
  EXPECT_EQ(only_value<std::int64_t>("L-12L\n."), -12);
  EXPECT_EQ(only_value<double>("G\x3f\xe0\x00\x00\x00\x00\x00\x00."s), 0.5);
  EXPECT_TRUE(only_value<bool>("\x88."));
}

TEST(Pickle, ReadsContainersThroughTheMemo) {
  const std::string pickle = "\x80\x02]q\x00(K\x01h\x00"s + text("a") + "e.";
  const Pickle read{bytes_of(pickle)};
  const auto& items = read.root().as<PickleSequence>()->items;
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(*items[0]->as<std::int64_t>(), 1);
  EXPECT_EQ(items[1], &read.root()) << "a list may hold itself";
  EXPECT_EQ(*items[2]->as<std::string>(), "a");
  EXPECT_EQ(read.size(), pickle.size());
}

TEST(Pickle, ReadsTheDictionariesOfPython2) {
  const Pickle read{
      bytes_of("ccollections\nOrderedDict\n(](](K\x01K\x02"
               "ee"
               "tR.")};
  const auto& items = read.root().as<PickleDict>()->items;
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(*items[0].second->as<std::int64_t>(), 2);
}

TEST(Pickle, RefusesNamesThatItDoesNotKnow) {
  const auto refused = [](const char* name) {
    return Eq(fmt::format("asks to call '{}', which is not let through", name));
  };
  expect_error("cos\nsystem\n(" + text("touch x") + "tR.", refused("os.system"));
  expect_error("c__builtin__\neval\n.", refused("__builtin__.eval"));
  expect_error("ctorch.storage\n_load_from_bytes\n.", refused("torch.storage._load_from_bytes"));
  expect_error("ctorch._utils\n_rebuild_tensor_v2.evil\n.",
               refused("torch._utils._rebuild_tensor_v2.evil"));
  expect_error("ctorch.evil\nFloatStorage\n.", refused("torch.evil.FloatStorage"));
  expect_error(
      "\x80\x04\x8c\x08"
      "builtins\x8c\x04"
      "exec\x93.",
      refused("builtins.exec"));
  expect_error("cos\x1b[2J\nsystem\n.", refused("os?[2J.system"));
  expect_error("c"s + std::string(500, 'a') + "\nb\n.",
               refused((std::string(120, 'a') + "...").c_str()));
  // Other ways to make an object: INST, OBJ, the extension registry, NEWOBJ_EX.
  expect_error("(ios\nsystem\n.", Eq("has the opcode 0x69, which is not let through"));
  expect_error("(cos\nsystem\no.", refused("os.system"));
  expect_error("\x82\x01.", Eq("has the opcode 0x82, which is not let through"));
  expect_error("\x92.", Eq("has the opcode 0x92, which is not let through"));
}

TEST(Pickle, RefusesWhatIsDamaged) {
  for (const std::string& pickle :
       {""s, "\x80"s, "K"s,
        "X\xff\xff\xff\x7f"
        "a"s,
        "\x8d\xff\xff\xff\xff\xff\xff\xff\xff."s, "\x8b\xff\xff\xff\xff."s, "cos"s, "K\x01"s}) {
    expect_error(pickle, Eq("the pickle is truncated"));
  }
  for (const char* pickle : {".", "0.", "a.", "R.", "b.", "Q.", "s.", "q\x01.", "\x87.", "2."}) {
    expect_error(pickle, Eq("the pickle takes from an empty stack"));
  }
  expect_error("K\x01(0.", Eq("the pickle takes from an empty stack"));  // not below the mark
  expect_error("t.", Eq("the pickle goes back to a mark that is not there"));
  expect_error("h\x01.", Eq("the pickle recalls what it has not remembered"));
  expect_error("}(K\x01u.", Eq("a dictionary has a key without a value"));
  expect_error(
      "K\x01K\x02"
      "a.",
      Eq("the pickle has another value where a list belongs"));
  expect_error("K\x01K\x02R.", HasSubstr("where the arguments of a call belongs"));
  expect_error("ctorch._utils\n_rebuild_tensor_v2\n)R.",
               Eq("a tensor lacks its storage, shape or strides"));
  expect_error("K\x01Q.", HasSubstr("where the reference to a storage belongs"));
  expect_error("I12x\n.", Eq("'12x' is no whole number"));
}

TEST(Pickle, SurvivesDeepNesting) {
  std::string pickle(300'000, ']');
  pickle += std::string(299'999, 'a') + '.';
  EXPECT_EQ(only_value<PickleSequence>(pickle).items.size(), 1U);
  expect_error(std::string(300'000, '('), Eq("the pickle is truncated"));
}

TEST(Pickle, RefusesThoseThatWouldExhaustTheMachine) {
  const auto too_long = Eq("the pickle takes more than four million steps");
  expect_error("N"s + std::string(5'000'000, '\x94'), too_long);
  // One list of pairs, made a dictionary again and again.
  std::string again = "](]q\x01(NNe" + std::string(100'000, '2') +
                      "eq\x02"
                      "0";
  for (int i = 0; i < 1000; ++i) again += "ccollections\nOrderedDict\n(h\x02tR";
  expect_error(again + ".", too_long);
  // A shape of many sizes.
  const std::string storage = "((" + text("storage") + "ctorch\nFloatStorage\n" + text("0") +
                              text("cpu") + "K\x01tQK\x00"s + "(K\x01" + std::string(64, '2') +
                              "t)";
  expect_error("ctorch._utils\n_rebuild_tensor\n" + storage + "tR.",
               Eq("a tensor has more than 64 dimensions"));
}

TEST(Pickle, HoldsALongNameOnceHoweverOftenItIsUsed) {
  // Two megabytes of file that would be 100 GB if each object copied the name of its class.
  std::string pickle = "c__torch__.\n" + std::string(1'000'000, 'x') +
                       "\nq\x01"
                       "0";
  for (int i = 0; i < 100'000; ++i)
    pickle +=
        "h\x01)\x81"
        "0";
  EXPECT_TRUE(only_value<bool>(pickle + "\x88."));
}

}  // namespace
}  // namespace papilio
