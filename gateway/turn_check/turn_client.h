#pragma once

#include "gateway/turn_check/turn_fault.h"
#include "pipelines/base/unique.h"
#include "pipelines/base/units.h"

#include <functional>
#include <gio/gio.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace turn_check {

/// For measuring spans, and for deadlines.
[[nodiscard]] inline base::Nanoseconds monotonicNow() {
    return base::Nanoseconds(g_get_monotonic_time() * 1000);
}

/// One server, and the credentials for it.
struct TurnServer {
    ice::IceUri uri;
    std::string username; ///< empty: none; a server that asks for it refuses
    std::string credential;
};

/// What a server gave (RFC 8656 section 7.3).
struct TurnAllocation {
    TransportAddress relayed; ///< where others reach us
    std::string realm;
    bool guarded = false; ///< credentials were asked for
};

/// How long to wait for answers (RFC 8489 section 6.2.1).
struct TurnWaits {
    /// The first repetition comes after this long, the next after twice as long, and so on.
    base::Milliseconds firstRepeat{500};
    /// The RFC waits 39.5 s; browsers give up long before, and so does whoever looks at a table.
    base::Milliseconds longest{7500};
};

/// A client of one STUN or TURN server, by UDP, TCP or TLS, with at most one allocation there
/// (RFC 8489, RFC 8656), to find out whether a browser could use it. Every call waits for its
/// answer, so it is for threads that may; cancelling ends the wait with TooSlow. Owned by whoever
/// checks.
class TurnClient {
public:
    struct Data {
        TransportAddress peer;
        std::string payload;
    };

    /// A certificate is judged as browsers do, by what this machine trusts.
    static TurnResult<std::unique_ptr<TurnClient>>
    open(TurnServer server, GCancellable* cancellable, TurnWaits waits = {});
    TurnClient(const TurnClient&) = delete;
    TurnClient& operator=(const TurnClient&) = delete;

    /// A Binding: the way to the server and back takes this long.
    TurnResult<base::Milliseconds> bind();
    /// CredentialsWrong stands for 401; the caller knows the reasons better.
    TurnResult<TurnAllocation> allocate();
    /// Lets packets through to and from an address, whatever the port (RFC 8656 section 9).
    TurnResult<void> permit(const TransportAddress& peer);
    TurnResult<void> send(const TransportAddress& peer, std::string_view payload);
    /// What came from a peer; nothing when nothing comes before the deadline.
    TurnResult<std::optional<Data>> receive(base::Nanoseconds deadline);
    /// Gives the allocation back. It ends by itself too, so nobody waits long for the answer.
    void release();

    [[nodiscard]] const TurnPlace& place() const { return place_; }
    [[nodiscard]] const std::string& realm() const { return realm_; } ///< of the last challenge
    [[nodiscard]] int fd() const { return g_socket_get_fd(socket()); }

private:
    struct Answer {
        StunMessage message;
        bool isSigned = false; ///< with the key of the request
        base::Milliseconds time{0};
    };
    /// Adds the attributes of a request; called again for each try.
    using Fill = std::function<void(StunMessage&)>;

    TurnClient(TurnServer server, GCancellable* cancellable, TurnWaits waits);
    static void onEvent(GSocketClient* client, GSocketClientEvent event,
                        GSocketConnectable* connectable, GIOStream* connection,
                        gpointer self) noexcept;
    static gboolean onCertificate(GTlsConnection* connection, GTlsCertificate* certificate,
                                  GTlsCertificateFlags flags, gpointer self) noexcept;
    TurnResult<Answer> ask(StunMethod method, const Fill& fill, const std::string& peer = {});
    TurnResult<Answer> exchange(const StunMessage& request, const std::string& key);
    bool takeChallenge(const StunMessage& message);
    TurnResult<void> sendPacket(std::string_view packet);
    /// The next packet that looks like STUN; nothing when none comes before the deadline.
    TurnResult<std::optional<std::string>> receivePacket(base::Nanoseconds deadline);
    /// What has been received already; nothing when it is not a whole packet.
    TurnResult<std::optional<std::string>> takePacket();
    [[nodiscard]] GSocket* socket() const {
        return g_socket_connection_get_socket(connection_.get());
    }

    TurnServer server_;
    TurnPlace place_;
    TurnWaits waits_;
    bool reliable_; ///< nothing is lost on it, so nothing is sent again (RFC 8489 section 6.2.2)
    base::Object<GCancellable> cancellable_;
    base::Object<GSocketConnection> connection_;
    std::optional<TurnFault> certificateFault_;
    std::string received_; ///< and not taken yet
    std::string realm_;
    std::string nonce_;
};

} // namespace turn_check
