#pragma once

#include "process.h"
#include "tests/support/publisher/feeder.h"
#include "tests/support/publisher/media.h"
#include "tests/support/publisher/sending_peer.h"

#include <memory>
#include <optional>
#include <string>

enum class Sends { Vp8, Vp8WithoutSound, H264, H264WithoutSound, SmallH264 };

/// The test's media, in memory; the pictures are 1280x720, 30 a second, the sound a tone.
const publisher::Media& mediaFor(Sends what);

/// A publisher of a pipeline process: offers, connects and sends over and over. Thread-bound.
class Publication {
public:
    /// Makes the offer; nothing is sent to the pipeline yet.
    explicit Publication(PipelineProcess& process, Sends what, std::string session = "s1");

    [[nodiscard]] const std::string& offer() const { return offer_; }
    /// Another offer goes to the pipeline than the peer made.
    void setOffer(std::string offer) { offer_ = std::move(offer); }
    /// Says "publish"; in the place of another session, when one is named.
    void publish(const std::string& replaces = {});
    /// Waits for the answer, and connects with it.
    control::Answer connect();
    /// publish(), connect() and waiting for "live".
    control::Live goLive();
    /// Sends nothing any more, but stays connected.
    void fallSilent() { feeder_.reset(); }
    [[nodiscard]] const std::string& session() const { return session_; }
    [[nodiscard]] bool connected() const { return connected_; }
    /// How the connection ended, as this side sees it.
    [[nodiscard]] const std::optional<std::string>& lost() const { return lost_; }

private:
    PipelineProcess& process_;
    const publisher::Media& media_;
    std::string session_;
    std::string offer_;
    bool connected_ = false;
    std::optional<std::string> lost_;
    std::unique_ptr<publisher::SendingPeer> peer_;
    std::optional<publisher::Feeder> feeder_; ///< before the peer goes
};
