#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"
#include "tests/support/publisher/feeder.h"
#include "tests/support/publisher/media.h"
#include "tests/support/publisher/sending_peer.h"
#include "tests/support/publisher/whip_client.h"

#include <glib.h>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace publisher {

struct Options {
    std::string url;
    std::string media;
    std::string codec; ///< asserted, when given
    std::string token;
    std::string relay;  ///< turn://USER:PASSWORD@HOST:PORT; media goes through it and no other way
    double seconds = 0; ///< 0: to the end of the file
    double replaceEvery = 0; ///< seconds; 0: never
    bool audio = true;
    bool wrongFingerprint = false;
    bool connect = true;
    bool remove = true;
    bool loop = false;
};

/// One publication, from the first offer to the end, in one session or in several that take over
/// from each other while the media goes on. Owned by main. Thread-bound.
class Publication {
public:
    Publication(const Options& options, const Media& media)
        : options_(options), media_(media), loop_(g_main_loop_new(nullptr, FALSE)) {}
    Publication(const Publication&) = delete;
    Publication& operator=(const Publication&) = delete;
    ~Publication() { g_main_loop_unref(loop_); }

    /// The exit code.
    int run();

private:
    struct Session {
        std::string url;
        std::shared_ptr<SendingPeer> peer;
        gint64 asked = 0; ///< µs, monotonic
    };

    static gboolean onSignal(gpointer self) noexcept;
    base::Result<void> open(const std::string& replaces);
    base::Result<std::string> post(SendingPeer& peer, const std::string& replaces,
                                   std::string& session);
    void replace();
    void onConnected(int number);
    void begin();
    void send(const AccessUnit& unit, base::Nanoseconds at);
    void end(const std::string& reason);

    const Options& options_;
    const Media& media_;
    GMainLoop* loop_;
    std::string reason_;
    int number_ = 0;  ///< of the last session
    Session current_; ///< the last one that connected, or the first one
    Session next_;
    std::mutex mutex_; ///< guards what follows, up to the feeder
    std::vector<std::shared_ptr<SendingPeer>> sending_;
    bool begun_ = false; ///< something was sent
    std::optional<Feeder> feeder_;
    base::Timer limit_;
    base::Timer replacing_;
    base::Timer overlap_;
};

} // namespace publisher
