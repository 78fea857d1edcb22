#include "tests/support/publisher/publication.h"

#include "pipelines/base/unique.h"

#include <cinttypes>
#include <cstdio>
#include <glib-unix.h>
#include <utility>

namespace publisher {
namespace {

/// As long as both send: the media has a key frame each second, with which the new one takes over.
constexpr base::Milliseconds kOverlap{1400};

/// One line of JSON; `more` is `,"name":value…` or empty.
void report(const char* event, const std::string& more = "") {
    std::printf("{\"event\":\"%s\",\"at\":%" PRId64 "%s}\n", event, g_get_real_time() / 1000,
                more.c_str());
    std::fflush(stdout);
}

std::string quoted(const std::string& text) {
    return "\"" + std::string(base::UniqueString(g_strescape(text.c_str(), nullptr)).get()) + "\"";
}

std::string millisecondsSince(gint64 asked) {
    return ",\"ms\":" + std::to_string(double(g_get_monotonic_time() - asked) / 1000);
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

/// The last part of a session's URL.
std::string idOf(const std::string& session) {
    const std::string path = session.substr(0, session.find('?'));
    return path.substr(path.rfind('/') + 1);
}

base::Milliseconds seconds(double count) {
    return base::Milliseconds(static_cast<std::int64_t>(count * 1000));
}

} // namespace

int Publication::run() {
    g_unix_signal_add(SIGTERM, onSignal, this);
    g_unix_signal_add(SIGINT, onSignal, this);
    if (auto done = open(""); !done) {
        report("ended", ",\"reason\":" + quoted(done.error().message));
        return done.error().problem == base::Problem::Malformed ? 2 : 1;
    }
    if (reason_.empty()) {
        g_main_loop_run(loop_);
    }
    feeder_.reset();
    std::string more = ",\"reason\":" + quoted(reason_);
    for (const Session* session : {&next_, &current_}) {
        if (options_.remove && !session->url.empty()) {
            const auto client = WhipClient::create(options_.url, options_.token);
            const auto removed = client->remove(session->url);
            more +=
                session == &current_ ? ",\"delete\":" + std::to_string(removed ? *removed : 0) : "";
        }
    }
    report("ended", more);
    return 0;
}

/// Makes the first session, or one that is to replace another.
base::Result<void> Publication::open(const std::string& replaces) {
    const int number = ++number_;
    auto peer = SendingPeer::create(media_,
                                    {[this, number] { onConnected(number); },
                                     [this, number](const std::string& why) {
                                         if (number == number_) {
                                             end(why);
                                         }
                                     }},
                                    options_.relay);
    if (!peer) {
        return base::fail(peer.error());
    }
    Session& session = replaces.empty() ? current_ : next_;
    session.peer = std::move(*peer);
    session.asked = g_get_monotonic_time();
    const auto answer = post(*session.peer, replaces, session.url);
    if (!answer) {
        return base::fail(answer.error());
    }
    if (options_.seconds > 0 && replaces.empty()) {
        limit_ = base::Timer::once(seconds(options_.seconds), [this] { end("time is up"); });
    }
    return options_.connect ? session.peer->accept(*answer) : base::Result<void>();
}

base::Result<std::string> Publication::post(SendingPeer& peer, const std::string& replaces,
                                            std::string& session) {
    auto offer = peer.offer();
    if (!offer) {
        return base::fail(offer.error());
    }
    const std::string query = replaces.empty() ? "" : "?replaces=" + replaces;
    const auto client = WhipClient::create(options_.url + query, options_.token);
    if (!client) {
        return base::fail(client.error());
    }
    report("offered");
    const gint64 asked = g_get_monotonic_time();
    const auto answer =
        client->post(options_.wrongFingerprint ? withWrongFingerprint(*offer) : *offer);
    if (!answer) {
        return base::fail(answer.error());
    }
    report("answered", ",\"status\":" + std::to_string(answer->status) + millisecondsSince(asked) +
                           ",\"session\":" + quoted(answer->session));
    if (answer->status != 201) {
        return base::fail(base::Problem::Unprocessable, answer->body);
    }
    session = answer->session;
    return answer->body;
}

/// Media flows into this session from here.
void Publication::onConnected(int number) {
    const bool first = number == 1;
    if (number != number_ || (first ? feeder_.has_value() : !next_.peer)) {
        return; // told twice
    }
    {
        const std::lock_guard lock(mutex_);
        sending_.push_back(first ? current_.peer : next_.peer);
    }
    if (first) {
        report("connected");
        begin();
        return;
    }
    report("replaced", millisecondsSince(next_.asked) + ",\"session\":" + quoted(next_.url));
    overlap_ = base::Timer::once(kOverlap, [this, former = std::move(current_.peer)]() mutable {
        {
            const std::lock_guard lock(mutex_);
            std::erase(sending_, former);
        }
        former.reset();
    });
    current_ = std::exchange(next_, {});
}

void Publication::begin() {
    feeder_.emplace(
        media_, options_.loop,
        Feeder::Handlers{[this](const AccessUnit& unit, base::Nanoseconds at) { send(unit, at); },
                         [this] { end("end of the file"); }});
    if (options_.replaceEvery > 0) {
        replacing_ = base::Timer::every(seconds(options_.replaceEvery), [this] { replace(); });
    }
}

/// On the feeder's thread.
void Publication::send(const AccessUnit& unit, base::Nanoseconds at) {
    const std::lock_guard lock(mutex_);
    for (const auto& peer : sending_) {
        peer->push(unit, at);
    }
    if (!std::exchange(begun_, true)) {
        report("first-rtp");
    }
}

void Publication::replace() {
    if (next_.peer) {
        return; // the one before is still connecting
    }
    if (auto done = open(idOf(current_.url)); !done) {
        end("replacing: " + done.error().message);
    }
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

} // namespace publisher
