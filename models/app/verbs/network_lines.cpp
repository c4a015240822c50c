#include <cstdint>
#include <string>
#include <vector>

#include "models/app/verbs/options.hpp"
#include "models/app/verbs/tensor_verbs.hpp"
#include "sim/base/cli/profiles_option.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace {

constexpr const char* kInferUsage = "infer [PICTURE...] --model NAME [options]";
constexpr const char* kInferAbout =
    "Runs real pictures through a network: whole, or cut in two, the features quantised, encoded,\n"
    "decoded and put back in between; or with the picture itself sent by a picture codec. Tells "
    "the classes, the share of right answers, the bytes "
    "that\n"
    "cross and the time of each stage; writes payloads.csv and accuracy.csv, which scenarios read.";

constexpr const char* kTrainUsage = "train --model NAME --data NAME [options]";
constexpr const char* kTrainAbout =
    "Trains butterfly units into a network, end to end: the first phase of the butterfly paper's\n"
    "Algorithm 1. First the network without a unit, as the baseline; then, at each cut, one "
    "network\n"
    "for each number of channels D_r, or only as many as it takes to stay within the budget\n"
    "(--search). Stopped, or killed, it goes on where it was when started again with the same -o.";

}  // namespace

CommandLine infer_line() {
  const std::string cifar =
      "papilio infer --model resnet20-cifar10 --weights resnet20.th --data cifar10-jpeg";
  CommandLine line{
      kInferUsage,
      kInferAbout,
      {"papilio infer cat.jpg dog.jpg --model resnet50 --weights resnet50.pth",
       "papilio infer cat.jpg --model resnet18 --weights auto", cifar,
       cifar + " --after RB1,RB5,RB9 --codecs all --pictures 200",
       cifar + " --after input --codecs file,png,jpeg:75,jpeg:90:444,webp:75",
       cifar + " --after RB3 --channels 0,2 --units results/figure7 --codecs raw,png"}};
  VerbOptions options{line, "infer"};
  line.add_positional("picture", -1);
  options.text("model", "", "NAME", "network of the zoo ('papilio models list')");
  add_profiles_option(line);
  options.text("weights", "", "FILE",
               "of PyTorch, TorchScript, safetensors or NumPy; 'auto': what torchvision downloaded "
               "(default: those that came with an imported network, else 'random')");
  options.text("data", "", "NAME", "test pictures of a dataset ('papilio datasets') or its folder");
  options.text("input", "", "CxHxW", "size of the network's input (default: its own)");
  options.text("normalize", "imagenet", "NAME",
               "imagenet (RGB, mean and deviation), caffe (BGR, mean) or none (RGB, 0 to 1)");
  options.text("after", "", "CUT,...", "cuts: names, or all blocks, or 'input' (default: none)");
  options.text("channels", "0", "N,...", "of the butterfly unit at each cut; 0: no unit");
  options.text("units", "", "DIR", "folder of trained units, as 'papilio train' writes it");
  options.whole("seed", 1, "which training of the units; of random weights");
  options.whole("bits", 8, "of one crossing feature, 1 to 16");
  options.text("codecs", "raw", "NAME,...", "'all', or names ('papilio codecs')");
  options.whole("pictures", 0, "use that many of the dataset, spread over it; 0: all");
  options.whole("top", 5, "classes to tell of each picture given by name");
  options.whole("threads", 0, "of each operation; 0: as many as there are processors");
  options.text("device", "cpu", "NAME", "cpu, cuda or cuda:N");
  options.text("save-features", "", "DIR", "write each picture's features there, as .npy");
  add_strict_option(line);
  line.add_options()(
      "output,o", po::value<std::string>()->value_name("DIR"),
      "folder of the results (default: results/infer-MODEL; none for a whole network)");
  line.add_format_option("what is printed: md, csv, json, latex or html");
  line.add_options()("quiet,q", "print nothing but errors");
  return line;
}

CommandLine train_line() {
  const std::string cifar = "papilio train --model resnet20-cifar10";
  const std::string large =
      "papilio train --model resnet50 --weights resnet50.pth --data ~/pictures";
  CommandLine line{kTrainUsage,
                   kTrainAbout,
                   {cifar + " --data synthetic --after RB3 --channels 1,2,4 --epochs 1",
                    cifar + " --weights resnet20.th --data cifar10-jpeg --seeds 1,2,3 --jobs 2",
                    large + " --after RB1,RB8 --search"}};
  VerbOptions options{line, "train"};
  options.text("model", "", "NAME", "network of the zoo ('papilio models list')");
  options.text("weights", "", "FILE",
               "where training begins: of PyTorch, TorchScript, safetensors or NumPy; 'auto': what "
               "torchvision downloaded (default: random)");
  add_profiles_option(line);
  options.text("data", "", "NAME", "dataset ('papilio datasets') or its folder");
  options.text("input", "", "CxHxW", "size of the network's input (default: its own)");
  options.text("normalize", "imagenet", "NAME",
               "imagenet (RGB, mean and deviation), caffe (BGR, mean) or none (RGB, 0 to 1)");
  options.text("after", "blocks", "CUT,...",
               "cuts: names, all blocks, or none: the baseline alone");
  options.text("channels", "1,2,4,8,16", "N,...", "channels of the units, D_r");
  options.text("seeds", "1", "N,...",
               "a training each: order, crops, and the units' first weights");
  options.whole("bits", 8, "of one crossing feature, 1 to 16");
  options.whole("stride", 1, "of the units in height and width; above 1 as BottleNet");
  line.add_options()("search", "at each cut, stop at the fewest channels within the budget");
  options.real("budget", 0.02, "0.02", "share of right answers that a unit may lose");
  options.whole("epochs", 3, "of each training");
  options.whole("batch", 32, "pictures a step");
  options.text("optimizer", "adam", "NAME", "adam or sgd");
  options.real("learning-rate", 0.003, "0.003", "the first");
  options.text("schedule", "cosine", "NAME", "how the learning rate falls: cosine or step");
  options.real("momentum", 0.9, "0.9", "of SGD; of Adam the first decay");
  options.real("weight-decay", 1e-4, "0.0001", "of all weights");
  options.whole("patience", 0, "epochs without a lower loss before a training ends; 0: never");
  options.whole("train-pictures", 0, "train with that many, spread over the dataset; 0: all");
  options.whole("test-pictures", 0, "measure with that many, spread over the dataset; 0: all");
  options.real("checkpoint-interval", 60, "60",
               "seconds between checkpoints within an epoch; 0: after each step");
  options.whole("jobs", 1, "networks trained side by side");
  options.whole("threads", 1, "of each; with --jobs, as many as the processor has cores");
  options.text("device", "cpu", "NAME", "cpu, cuda or cuda:N");
  add_strict_option(line);
  line.add_options()("output,o", po::value<std::string>()->value_name("DIR"),
                     "folder of the results (default: results/train-MODEL)");
  line.add_format_option("what is printed: md, csv, json, latex or html");
  line.add_options()("quiet,q", "print nothing but errors");
  return line;
}

}  // namespace papilio
