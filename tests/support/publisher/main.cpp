// test-publisher: publishes a file of encoded media by WHIP, as a browser would, in real time and
// at a small cost that is the same each time. One JSON line per event on standard output.

#include "pipelines/base/loop.h"
#include "pipelines/base/unique.h"
#include "tests/support/publisher/feeder.h"
#include "tests/support/publisher/sending_peer.h"
#include "tests/support/publisher/whip_client.h"

#include <cinttypes>
#include <cstdio>
#include <glib-unix.h>
#include <optional>

namespace {

using namespace publisher;

struct Options {
    std::string url;
    std::string media;
    std::string codec; ///< asserted, when given
    std::string token;
    std::string relay;  ///< turn://USER:PASSWORD@HOST:PORT; media goes through it and no other way
    double seconds = 0; ///< 0: to the end of the file
    bool audio = true;
    bool wrongFingerprint = false;
    bool connect = true;
    bool remove = true;
    bool loop = false;
};

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

/// One line of JSON; `more` is `,"name":value…` or empty.
void report(const char* event, const std::string& more = "") {
    std::printf("{\"event\":\"%s\",\"at\":%" PRId64 "%s}\n", event, g_get_real_time() / 1000,
                more.c_str());
    std::fflush(stdout);
}

std::string quoted(const std::string& text) {
    return "\"" + std::string(base::UniqueString(g_strescape(text.c_str(), nullptr)).get()) + "\"";
}

/// Another certificate's fingerprint, so to say: each hexadecimal digit of a=fingerprint turned
/// around.
std::string withWrongFingerprint(std::string offer) {
    const auto hash = [&](std::size_t from) { return offer.find("a=fingerprint:sha-256 ", from); };
    for (auto at = hash(0); at != std::string::npos; at = hash(at + 1)) {
        for (auto i = at + 22; i < offer.size() && offer[i] != '\r' && offer[i] != '\n'; ++i) {
            if (const int digit = g_ascii_xdigit_value(offer[i]); digit >= 0) {
                offer[i] = "0123456789ABCDEF"[15 - digit];
            }
        }
    }
    return offer;
}

/// One publication, from the offer to the end.
class Publication {
public:
    Publication(const Options& options, const Media& media)
        : options_(options), media_(media), loop_(g_main_loop_new(nullptr, FALSE)) {}
    Publication(const Publication&) = delete;
    Publication& operator=(const Publication&) = delete;
    ~Publication() { g_main_loop_unref(loop_); }

    int run();

private:
    static gboolean onSignal(gpointer self) noexcept;
    base::Result<void> negotiate(const WhipClient& client);
    void begin();
    void end(const std::string& reason);

    const Options& options_;
    const Media& media_;
    GMainLoop* loop_;
    std::string session_;
    std::string reason_;
    std::unique_ptr<SendingPeer> peer_;
    std::optional<Feeder> feeder_;
    base::Timer limit_;
};

int Publication::run() {
    const auto client = WhipClient::create(options_.url, options_.token);
    if (!client) {
        report("ended", ",\"reason\":" + quoted(client.error().message));
        return 2;
    }
    g_unix_signal_add(SIGTERM, onSignal, this);
    g_unix_signal_add(SIGINT, onSignal, this);
    if (auto done = negotiate(*client); !done) {
        report("ended", ",\"reason\":" + quoted(done.error().message));
        return 1;
    }
    if (reason_.empty()) {
        g_main_loop_run(loop_);
    }
    feeder_.reset();
    std::string more = ",\"reason\":" + quoted(reason_);
    if (options_.remove && !session_.empty()) {
        const auto removed = client->remove(session_);
        more += ",\"delete\":" + std::to_string(removed ? *removed : 0);
    }
    report("ended", more);
    return 0;
}

base::Result<void> Publication::negotiate(const WhipClient& client) {
    auto peer = SendingPeer::create(
        media_, {[this] { begin(); }, [this](const std::string& why) { end(why); }}, options_.relay);
    if (!peer) {
        return base::fail(peer.error());
    }
    peer_ = std::move(*peer);
    auto offer = peer_->offer();
    if (!offer) {
        return base::fail(offer.error());
    }
    report("offered");
    const gint64 asked = g_get_monotonic_time();
    const auto answer =
        client.post(options_.wrongFingerprint ? withWrongFingerprint(*offer) : *offer);
    if (!answer) {
        return base::fail(answer.error());
    }
    report("answered", ",\"status\":" + std::to_string(answer->status) + ",\"ms\":" +
                           std::to_string(double(g_get_monotonic_time() - asked) / 1000) +
                           ",\"session\":" + quoted(answer->session));
    if (answer->status != 201) {
        return base::fail(base::Problem::Unprocessable, answer->body);
    }
    session_ = answer->session;
    if (options_.seconds > 0) {
        limit_ = base::Timer::once(base::Milliseconds(int64_t(options_.seconds * 1000)),
                                   [this] { end("time is up"); });
    }
    return options_.connect ? peer_->accept(answer->body) : base::Result<void>();
}

/// Connected: media from here.
void Publication::begin() {
    if (feeder_) {
        return;
    }
    report("connected");
    feeder_.emplace(media_, options_.loop,
                    Feeder::Handlers{
                        [this, first = true](const AccessUnit& unit, base::Nanoseconds at) mutable {
                            peer_->push(unit, at);
                            if (std::exchange(first, false)) {
                                report("first-rtp");
                            }
                        },
                        [this] { end("end of the file"); }});
}

void Publication::end(const std::string& reason) {
    if (reason_.empty()) {
        reason_ = reason;
        g_main_loop_quit(loop_);
    }
}

gboolean Publication::onSignal(gpointer self) noexcept {
    static_cast<Publication*>(self)->end("told to stop");
    return G_SOURCE_CONTINUE;
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
