#pragma once

#include "gateway/turn_check/stun_message.h"
#include "gateway/turn_check/udp_socket.h"
#include "tests/support/run_until.h"

#include <functional>
#include <future>
#include <gio/gio.h>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// What a function that waits returns: it runs on a thread of its own, while the main loop turns.
template <class Work>
auto inThread(Work work) {
    auto result = std::async(std::launch::async, std::move(work));
    support::runUntil(
        [&] { return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    return result.get();
}

/// A TURN server on 127.0.0.1 that does what a test tells it to: over UDP, or over TCP in crumbs.
class ScriptedRelay {
public:
    struct Script {
        bool guarded = true; ///< asks for credentials
        std::string username = "alice";
        std::string password = "secret";
        std::string realm = "example.org";
        int lost = 0;          ///< so many first packets are not seen
        int staleNonces = 0;   ///< so many signed requests get 438
        int allocateError = 0; ///< instead of an allocation
        int permissionError = 0;
        bool wrongSignature = false;
        bool dropsSends = false;   ///< nothing leaves for peers
        bool dropsReturns = false; ///< nothing comes back from peers
        std::string rawAnswer;     ///< TCP: instead of any answer
        /// Instead of `username` and `password`; nothing for a name that is refused.
        std::function<std::optional<std::string>(const std::string& username)> passwordFor;
    };

    explicit ScriptedRelay(Script script, bool tcp = false);
    ~ScriptedRelay();

    [[nodiscard]] std::string url() const; ///< with its transport
    /// Methods of what came, in order.
    std::vector<turn_check::StunMethod> seen;
    bool released = false;

private:
    using Send = std::function<void(const std::string&)>;

    void handle(std::string_view packet, const Send& send);
    void answerSigned(const turn_check::StunMessage& request, std::string_view packet,
                      const Send& send);
    [[nodiscard]] turn_check::StunMessage answerTo(const turn_check::StunMessage& request,
                                                   const Send& send);
    void forward(const turn_check::StunMessage& indication);
    void error(const turn_check::StunMessage& request, int code, const Send& send);
    void serveTcp();
    static gboolean onIncoming(GSocketService*, GSocketConnection*, GObject*, gpointer self);

    Script script_;
    std::unique_ptr<turn_check::UdpSocket> udp_;
    std::unique_ptr<turn_check::UdpSocket> relayed_;
    base::Object<GSocketService> service_;
    base::Object<GSocketConnection> connection_;
    std::string received_;
    guint source_ = 0;
    std::uint16_t port_ = 0;
    int nonce_ = 0;
};
