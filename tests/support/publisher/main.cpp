// test-publisher: publishes a file of encoded media by WHIP, as a browser would, in real time and
// at a small cost that is the same each time. One JSON line per event on standard output.

#include "pipelines/base/unique.h"
#include "tests/support/publisher/publication.h"

#include <cstdio>
#include <gst/gst.h>

namespace {

using namespace publisher;

base::Result<Options> parse(int argc, char** argv) {
    g_autofree char* url = nullptr;
    g_autofree char* media = nullptr;
    g_autofree char* codec = nullptr;
    g_autofree char* token = nullptr;
    g_autofree char* relay = nullptr;
    Options options;
    gboolean noAudio = FALSE, wrongFingerprint = FALSE, noConnect = FALSE, noDelete = FALSE,
             loop = FALSE;
    const GOptionEntry entries[] = {
        {"url", 0, 0, G_OPTION_ARG_STRING, &url, "WHIP endpoint", "URL"},
        {"media", 0, 0, G_OPTION_ARG_FILENAME, &media, "What to send", "FILE"},
        {"codec", 0, 0, G_OPTION_ARG_STRING, &codec, "Fail unless the file holds vp8 or h264",
         "CODEC"},
        {"token", 0, 0, G_OPTION_ARG_STRING, &token, "Bearer token", "TOKEN"},
        {"relay", 0, 0, G_OPTION_ARG_STRING, &relay, "Send through this relay only",
         "turn://USER:PASSWORD@HOST:PORT?transport=udp"},
        {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options.seconds, "Stop after so long", "N"},
        {"no-audio", 0, 0, G_OPTION_ARG_NONE, &noAudio, "Send the picture only", nullptr},
        {"wrong-fingerprint", 0, 0, G_OPTION_ARG_NONE, &wrongFingerprint,
         "Offer another DTLS fingerprint than the certificate's", nullptr},
        {"no-connect", 0, 0, G_OPTION_ARG_NONE, &noConnect, "Post the offer, never send ICE",
         nullptr},
        {"no-delete", 0, 0, G_OPTION_ARG_NONE, &noDelete, "Leave the session behind", nullptr},
        {"loop", 0, 0, G_OPTION_ARG_NONE, &loop, "Begin again at the end of the file", nullptr},
        {"replace", 0, 0, G_OPTION_ARG_DOUBLE, &options.replaceEvery,
         "Put another session in the place of the own one that often", "N"},
        {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr},
    };
    base::ErrorOut error;
    GOptionContext* context = g_option_context_new("- publish a file by WHIP");
    g_option_context_add_main_entries(context, entries, nullptr);
    const bool parsed = g_option_context_parse(context, &argc, &argv, error);
    g_option_context_free(context);
    if (!parsed || !url || !media) {
        return base::fail(base::Problem::Malformed,
                          parsed ? "--url and --media are needed" : error.message());
    }
    options.url = url;
    options.media = media;
    options.codec = codec ? codec : "";
    options.token = token ? token : "";
    options.relay = relay ? relay : "";
    options.audio = !noAudio;
    options.wrongFingerprint = wrongFingerprint;
    options.connect = !noConnect;
    options.remove = !noDelete;
    options.loop = loop;
    return options;
}

} // namespace

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    const auto options = parse(argc, argv);
    if (!options) {
        std::fprintf(stderr, "test-publisher: %s\n", options.error().message.c_str());
        return 2;
    }
    const auto media = loadMedia(options->media, options->audio);
    if (!media) {
        std::fprintf(stderr, "test-publisher: %s\n", media.error().message.c_str());
        return 2;
    }
    if (!options->codec.empty() &&
        (options->codec == "h264") != (media->codec == VideoCodec::H264)) {
        std::fprintf(stderr, "test-publisher: %s is not %s\n", options->media.c_str(),
                     options->codec.c_str());
        return 2;
    }
    return Publication(*options, *media).run();
}
