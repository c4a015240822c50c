#include <string>
#include <vector>

#include "models/app/verbs/options.hpp"
#include "models/app/verbs/tensor_verbs.hpp"
#include "sim/base/cli/profiles_option.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace {

/// What both sides must be told alike.
void add_network_options(CommandLine& line, VerbOptions& options) {
  options.text("model", "", "NAME", "network of the zoo ('papilio models list')");
  add_profiles_option(line);
  options.text("weights", "", "FILE",
               "of PyTorch, TorchScript, safetensors or NumPy; 'auto': what torchvision downloaded "
               "(default: those that came with an imported network, else 'random')");
  options.text("input", "", "CxHxW", "size of the network's input (default: its own)");
  options.text("normalize", "imagenet", "NAME",
               "imagenet (RGB, mean and deviation), caffe (BGR, mean) or none (RGB, 0 to 1)");
}

void add_unit_options(VerbOptions& options) {
  options.text("channels", "0", "N,...", "of the butterfly unit at each cut; 0: no unit");
  options.text("units", "", "DIR", "folder of trained units, as 'papilio train' writes it");
  options.whole("seed", 1, "which training of the units; of random weights");
  options.whole("bits", 8, "of one crossing feature, 1 to 16");
}

void add_machine_options(VerbOptions& options) {
  options.whole("threads", 0, "of each operation; 0: as many as there are processors");
  options.text("device", "cpu", "NAME", "cpu, cuda or cuda:N");
}

}  // namespace

CommandLine serve_line() {
  CommandLine line{
      "serve --model NAME [options]",
      "Serves the cloud's half of a network to 'papilio offload': decodes what mobiles send, "
      "computes\nthe layers behind the cut, and answers with the classes and its own times. Both "
      "sides must have\nthe same network, weights and units, which they make sure of. Listens on "
      "this machine alone, unless\na certificate and a way to know the mobiles are given. Ends "
      "with Ctrl-C or SIGTERM, after it has\nanswered what it accepted.",
      {"papilio serve --model resnet20-cifar10 --weights resnet20.th",
       "papilio serve --model resnet50 --weights auto --after RB8 --batch 8 --batch-delay 0.005",
       "papilio serve --model resnet50 --weights auto --listen 0.0.0.0:5050 --cert server.pem \\",
       "    --key server.key --token-file token"}};
  VerbOptions options{line, "serve"};
  add_network_options(line, options);
  options.whole("classes", 0,
                "of the mobile's dataset, where they are not the network's own; 0: they are");
  options.text("after", "input,blocks", "CUT,...",
               "cuts that are served: names, or all blocks, or 'input'");
  add_unit_options(options);
  options.text("listen", "127.0.0.1:5050", "HOST:PORT", "where; port 0: any that is free");
  options.text("cert", "", "FILE", "certificate in PEM: connections are encrypted");
  options.text("key", "", "FILE", "of the certificate");
  options.text("ca", "", "FILE",
               "who may sign mobiles' certificates: each must have one; with --cert");
  options.text("token-file", "", "FILE",
               "a secret of 16 characters or more that mobiles must know");
  options.whole("batch", 1,
                "requests for the same layers computed at once, at most; up to --queue");
  options.real("batch-delay", 0, "0", "SECONDS that the first of a batch waits for others");
  options.whole("queue", 64, "requests that may wait; more are refused");
  add_machine_options(options);
  line.add_format_option("what is printed at the end: md, csv, json, latex or html");
  line.add_options()("open",
                     "listen where others could reach it, though they are neither asked who they "
                     "are nor encrypted: on a network of your own")(
      "quiet,q", "print nothing but errors and refusals");
  return line;
}

CommandLine offload_line() {
  const std::string cifar =
      "papilio offload --model resnet20-cifar10 --weights resnet20.th --data cifar10-jpeg";
  CommandLine line{
      "offload [PICTURE...] --model NAME --after CUT,... [options]",
      "Runs the mobile's half of a network live: computes the layers before a cut, sends the "
      "features to\n'papilio serve', and falls back to computing alone where no answer comes. "
      "Writes what a simulated\nfleet writes (fleet.csv, records.csv, choices.csv), so that "
      "'papilio compare' and 'report' take\nboth, and stages.csv, with the times of each stage. "
      "Ctrl-C ends it, and what has ended is written.",
      {cifar + " --after RB3 --pictures 200",
       cifar + " --after RB3 --channels 2 --units results/figure7 --codec png",
       cifar + " --after input,blocks --adaptive --requests 1000",
       cifar + " --after RB5 --rate 20 --overlap 1 --deadline 0.5 --trace results/live.json",
       "papilio offload cat.jpg --model resnet50 --weights auto --after input --codec jpeg:75 \\",
       "    --to cloud.example.org:5050 --ca ca.pem --token-file token"}};
  VerbOptions options{line, "offload"};
  line.add_positional("picture", -1);
  add_network_options(line, options);
  options.text("data", "", "NAME", "test pictures of a dataset ('papilio datasets') or its folder");
  options.text("after", "", "CUT,...",
               "where it is cut; 'input': the picture itself is sent; 'none': nothing is; with "
               "--adaptive several, or all blocks");
  line.add_options()("adaptive",
                     "choose the cut of each request by the rate and the load that pings "
                     "find, and compute alone where that is sooner");
  options.real("ping", 1, "1", "SECONDS between pings, with --adaptive");
  add_unit_options(options);
  options.text("codec", "raw", "NAME",
               "of features, or at the input of pictures "
               "('papilio codecs')");
  options.text("to", "127.0.0.1:5050", "HOST:PORT", "the server");
  options.text("cert", "", "FILE", "this mobile's certificate in PEM; with --ca");
  options.text("key", "", "FILE", "of the certificate");
  options.text("ca", "", "FILE", "who signs the server's certificate: the connection is encrypted");
  options.text("token-file", "", "FILE", "the secret that the server wants");
  options.real("connect", 5, "5", "SECONDS that the server is waited for at the start");
  options.whole("pictures", 0, "use that many of the dataset, spread over it; 0: all");
  options.whole("requests", 0, "that many, the pictures in turn; 0: each picture once");
  options.real("rate", 0, "0", "requests per second that arrive at random; 0: one after another");
  options.whole("overlap", 0, "requests that may be on their way when the next is begun");
  options.real("load-level", 1, "1",
               "computing takes so many times as long, as on a slower or busier mobile (K_mobile)");
  options.real("deadline", 10, "10",
               "SECONDS from sending to the answer, after which it falls back");
  line.add_options()("no-fallback", "a request that gets no answer fails");
  add_machine_options(options);
  add_strict_option(line);
  line.add_options()("trace", po::value<std::string>()->value_name("FILE.json"),
                     "also draw a timeline, for ui.perfetto.dev or chrome://tracing");
  line.add_options()("output,o", po::value<std::string>()->value_name("DIR"),
                     "folder of the results (default: results/offload-MODEL)");
  line.add_format_option("what is printed: md, csv, json, latex or html");
  line.add_options()("quiet,q", "print nothing but errors");
  return line;
}

CommandLine validate_line() {
  const std::string cifar =
      "papilio validate scenarios/examples/validation.yaml --data cifar10-jpeg";
  CommandLine line{
      "validate SCENARIO [PICTURE...] [options]",
      "How far is the simulation from reality? Runs every partition of a scenario live, 'serve' "
      "and "
      "'offload'\non a core each with an emulated link of each radio's rates between them, "
      "simulates the same requests\nby the times of their layers, measured here, and tells the "
      "error "
      "of the latency and which stage is to\nblame. Needs root, for the link's two networks. "
      "Writes "
      "both ledgers: live/ and simulated/, cells.csv,\ntables. docs/validation.md",
      {cifar + " --weights resnet20.th",
       cifar + " --weights resnet20.th --overlap 2 --requests 200",
       "papilio validate scenarios/examples/validation.yaml --data synthetic \\",
       "    --set 'networks=[wifi]' --adaptive --trace scenarios/fleets/walk.csv --others 50",
       "papilio calibrate results/validate-validation --name here",
       "papilio validate scenarios/examples/validation.yaml --again results/validate-validation \\",
       "    --calibration results/calibrations/here.yaml -o results/validate-calibrated"}};
  VerbOptions options{line, "validate"};
  line.add_positional("file", -1);
  line.add_options()("set", po::value<std::vector<std::string>>()->value_name("KEY.PATH=VALUE"),
                     "replace a value of the scenario; may be given again");
  add_profiles_option(line);
  options.text("weights", "", "FILE",
               "of PyTorch, TorchScript, safetensors or NumPy; 'auto': what torchvision downloaded "
               "(default: random)");
  options.text("units", "", "DIR", "folder of trained units, as 'papilio train' writes it");
  options.text("normalize", "imagenet", "NAME",
               "imagenet (RGB, mean and deviation), caffe (BGR, mean) or none (RGB, 0 to 1)");
  options.text("data", "", "NAME", "test pictures of a dataset ('papilio datasets') or its folder");
  options.whole("pictures", 40, "use that many of the dataset, spread over it");
  options.whole("requests", 40, "that are compared in each cell, the pictures in turn");
  options.whole("warm-up", 3, "requests before them, which are not: caches and TCP are cold");
  options.whole("overlap", 0,
                "also let requests arrive at random, and the next begin while N are on their way");
  options.real("load", 0.5, "0.5", "share of the time that the busiest stage works then");
  line.add_options()(
      "adaptive",
      "instead of all that: one mobile that chooses among the scenario's cuts at each "
      "request, on its one radio");
  options.text("trace", "", "FILE",
               "the uplink's rate over time, with --adaptive (docs/models/traces.md)");
  options.real("rate", 5, "5", "requests a second of that mobile, at random");
  options.real("ping", 1, "1", "SECONDS between its pings");
  options.real("others", 0, "0", "whole pictures a second that others send the server meanwhile");
  options.text("cores", "0", "M,S", "the mobile's and the server's processor; 0: the first two");
  options.real("limit", 30, "30", "SECONDS that measuring the layers of a half may take");
  options.real("pause", 0.02, "0.02",
               "SECONDS before each pass that is measured: about what lies between requests");
  options.text(
      "rates", "payload", "WHAT",
      "what the radios' rates count: the payload of full TCP segments, or wire bytes, which "
      "IP's and TCP's headers are among");
  options.real("deadline", 60, "60", "SECONDS that an answer is waited for");
  options.whole("seed", 1, "of arrivals, of random weights, and which training of the units");
  options.text("calibration", "", "FILE", "applied to what is simulated ('papilio calibrate')");
  line.add_options()("again", po::value<std::string>()->value_name("DIR"),
                     "run nothing live: simulate again what an earlier validation left there");
  line.add_options()("output,o", po::value<std::string>()->value_name("DIR"),
                     "folder of the results (default: results/validate-NAME)");
  line.add_format_option("what is printed: md, csv, json, latex or html");
  line.add_options()("quiet,q", "print nothing but errors");
  return line;
}

}  // namespace papilio
