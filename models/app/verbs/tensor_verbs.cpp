#include "models/app/verbs/tensor_verbs.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "models/app/verbs/options.hpp"
#include "sim/base/cli/profiles_option.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace {

constexpr const char* kProfileUsage = "profile [PICTURE...] --model NAME [options]";
constexpr const char* kProfileAbout =
    "Measures what each layer of a network takes on this machine, one picture at a time, and "
    "writes\nthe table that scenarios take their latencies from: DIR/layers/DEVICE/MODEL.yaml, and "
    "\nDIR/devices/DEVICE.yaml where there is none. Scenarios find what is in\n"
    "results/profiles; elsewhere 'papilio run … --profiles DIR' does.\n"
    "A table whose layers do not add up to what whole passes take, within the intervals of both, "
    "is\nrefused: the machine was busy.\n"
    "With --codecs also what coding takes, of the features at each cut and of the picture:\n"
    "DIR/measurements/DEVICE/MODEL/payloads.csv, a file for a scenario's key 'payload'.";

}  // namespace

CommandLine profile_line() {
  CommandLine line{
      kProfileUsage,
      kProfileAbout,
      {"papilio profile --model resnet50",
       "papilio profile --model all --threads 1 --name my-laptop -o ~/profiles",
       "papilio profile --model resnet20-cifar10,alexnet --power-w 5",
       "papilio profile --model resnet50 --device cuda --dtype fp16 --name my-gpu-fp16",
       "papilio profile cat.jpg --model resnet50 --weights resnet50.pth --codecs all"}};
  VerbOptions options{line, "profile"};
  line.add_positional("picture", -1);
  options.text("model", "", "NAME,...", "networks of the zoo ('papilio models list'), or all");
  add_profiles_option(line);
  options.text("input", "", "CxHxW", "size of the network's input (default: its own)");
  options.text("name", "", "DEVICE",
               "what to call this machine (default: cpu-N-threads, cuda-N, cuda-N-fp16)");
  options.whole("threads", 1, "of one operation; 0: as many as the processor has cores");
  options.text("batch", "1", "N,...",
               "pictures a pass; layers are measured for 1, the others as a whole");
  options.text("device", "cpu", "NAME", "cpu, cuda or cuda:N");
  options.text("dtype", "fp32", "TYPE", "that layers are computed in: fp32 or, on a GPU, fp16");
  options.real("precision", 0.02, "0.02",
               "repeats until the 95 % intervals of the medians are that narrow, by their value");
  options.real("limit", 60, "60",
               "seconds a network, after which it stops repeating; as much again for its codecs");
  options.real("pause", 0, "0",
               "SECONDS before each pass, as between a user's requests: caches are as cold then");
  line.add_options()("packed",
                     "weights, and pictures between convolutions, in the orders that oneDNN's "
                     "kernels read, as 'papilio infer' has them; on processors");
  line.add_options()("force", po::bool_switch(),
                     "write a table too whose layers and whole passes disagree");
  line.add_options()(
      "power-w", po::value<double>()->value_name("W"),
      "power while it computes, from which energies follow (default: measured, where "
      "the machine has a meter; else no energies)");
  line.add_options()("output,o",
                     po::value<std::string>()->default_value(kOwnProfiles)->value_name("DIR"),
                     "folder of profiles");
  options.text("codecs", "", "NAME,...",
               "also time these at each cut: 'all', or names ('papilio codecs'); raw comes along");
  options.text("after", "input,blocks", "CUT,...",
               "cuts where codecs are timed: names, or all blocks, or 'input'");
  options.whole("bits", 8, "of one feature that codecs are given, 1 to 16");
  options.text("weights", "", "FILE",
               "of the features for codecs: of PyTorch, TorchScript, safetensors or NumPy; 'auto': "
               "what torchvision downloaded (default: random)");
  options.text("data", "", "NAME",
               "pictures for codecs: test pictures of a dataset ('papilio datasets') or its folder "
               "(default: those given, else a random one)");
  options.whole("pictures", 4, "use that many of the dataset, spread over it");
  options.text("normalize", "imagenet", "NAME",
               "of these pictures: imagenet (RGB, mean and deviation), caffe (BGR, mean) or none "
               "(RGB, 0 to 1)");
  add_strict_option(line);
  line.add_format_option("what is printed: md, csv, json, latex or html");
  line.add_options()("quiet,q", "print nothing but errors");
  return line;
}

CommandLine import_line() {
  CommandLine line{
      "import FILE [options]",
      "Makes a network of a TorchScript archive, as torch.jit.trace(model.eval(), "
      "picture).save(FILE)\n"
      "writes it, or of an ONNX file (*.onnx): its layers with shapes and MACs, and "
      "the places where\n"
      "it can be cut. Scenarios and all verbs know it by its name: from results/profiles at once, "
      "from\nelsewhere with --profiles DIR.\n"
      "Such a file can be a program: it is read where it can write nothing and reach nobody, in "
      "bounded\n"
      "time and memory.",
      {"papilio import densenet121.pt --input 3x224x224", "papilio import densenet121.onnx",
       "papilio import tagger.pt --input ids=32:int",
       "papilio models show densenet121 --profiles results/profiles",
       "papilio profile --model densenet121 --profiles results/profiles"}};
  line.add_positional("file");
  VerbOptions options{line, "import"};
  line.add_options()(
      "input", po::value<std::vector<std::string>>()->composing()->value_name("SIZES"),
      "sizes of one sample of the network's input (default: what the ONNX file says, "
      "else 3x224x224). NAME=SIZES for each of several; N says where the batch "
      "stands, if not first; ':int' that it takes whole numbers; ':alone' behind it that "
      "the program takes one sample without a batch");
  line.add_options()("opaque",
                     "make one layer without cuts of all that hangs on what no "
                     "other layer can be, whatever it is (default: of non-maximum suppression, RoI "
                     "align, top-k, sort and masks alone, as detectors end). Of TorchScript it is "
                     "computed by the archive; of ONNX priced alone");
  options.text("opaque-output", "", "SIZES",
               "of that layer's output, at least what any input makes (default: the rows that the "
               "program has at most, or those of the run; what the ONNX file states)");
  options.text("name", "", "NAME", "what to call it (default: the file's name)");
  line.add_options()("output,o",
                     po::value<std::string>()->default_value(kOwnProfiles)->value_name("DIR"),
                     "folder of profiles: the network goes to DIR/models/NAME.yaml");
  line.add_format_option("what is printed: md, csv, json, latex or html");
  line.add_options()("no-check",
                     "do not run the file's own network on random inputs beside the one made of "
                     "it");
  options.real("time-limit", 120, "120", "SECONDS that reading and checking may take");
  options.real("memory-limit", 8, "8", "GiB of memory that they may take");
  line.add_options()("trust",
                     "the file is your own: let it do what it likes; for systems that cannot "
                     "confine it");
  line.add_options()("quiet,q", "print nothing but errors");
  return line;
}

CommandLine datasets_line() {
  CommandLine line{
      "datasets [options]",
      "Lists the datasets that 'papilio train' and 'papilio infer' know by name. They "
      "also take\na folder with train/CLASS/PICTURE and test/CLASS/PICTURE (or "
      "val/), pictures beside a\nfile of labels (val.txt, ImageNet's), or CIFAR-10's binary files.",
      {"papilio datasets", "PAPILIO_DATA=~/data papilio datasets --format json"}};
  line.add_format_option("md, csv, json, latex or html");
  return line;
}

CommandLine codecs_line() {
  CommandLine line{"codecs [options]",
                   "Lists the codecs that features are encoded with on their way to the cloud, and "
                   "those of\npictures, where the whole network runs there.",
                   {"papilio codecs", "papilio codecs --format json"}};
  line.add_format_option("md, csv, json, latex or html");
  return line;
}

const std::vector<TensorVerb>& tensor_verbs() {
  static const std::vector<TensorVerb> kVerbs{
      {"infer", "run real pictures through a network, whole or split", infer_line},
      {"train", "train butterfly units end to end, find the fewest channels", train_line},
      {"serve", "serve the cloud's half of a network to mobiles, live", serve_line},
      {"offload", "run the mobile's half of a network live, against 'serve'", offload_line},
      {"validate", "hold the simulation against live runs on this machine", validate_line},
      {"import", "make a network of a TorchScript archive or an ONNX file", import_line},
      {"profile", "measure what each layer takes on this machine", profile_line},
      {"datasets", "list the pictures that networks are trained and tested on", datasets_line},
      {"codecs", "list the codecs that features are encoded with", codecs_line},
  };
  return kVerbs;
}

}  // namespace papilio
