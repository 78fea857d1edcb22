#pragma once

#include "gateway/turn_check/stun_channel.h"
#include "gateway/turn_check/stun_transactions.h"
#include "gateway/turn_check/turn_fault.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace turn_check {

/// One server, and the credentials for it.
struct TurnServer {
    ice::IceUri uri;
    std::string username;
    std::string credential;
};

/// What a server gave (RFC 8656 section 7.3).
struct TurnAllocation {
    TransportAddress relayed; ///< where others reach us
    TransportAddress mapped;  ///< where the server sees us
    std::string realm;
    bool guarded = false; ///< credentials were asked for
};

/// A client of one STUN or TURN server with at most one allocation there (RFC 8489, RFC 8656), to
/// find out whether a browser could use it. Owned by the check. Thread-bound.
class TurnClient {
public:
    template <class T>
    using Done = std::function<void(TurnResult<T>)>;
    using OnData = std::function<void(const TransportAddress& peer, std::string_view payload)>;

    explicit TurnClient(TurnServer server);
    TurnClient(const TurnClient&) = delete;
    TurnClient& operator=(const TurnClient&) = delete;
    ~TurnClient();

    // Completions come later, within StunTransactions::kLongestWait, and never after destruction.
    // One after the other: open first.

    void open(Done<void> done);
    /// A Binding: the way to the server and back takes this long.
    void bind(Done<base::Milliseconds> done);
    /// A fault of kind CredentialsWrong stands for 401; the caller knows the reasons better.
    void allocate(Done<TurnAllocation> done);
    /// Lets packets through to and from an address, whatever the port (RFC 8656 section 9).
    void permit(const TransportAddress& peer, Done<void> done);
    void send(const TransportAddress& peer, std::string_view payload);
    void onData(OnData onData) { onData_ = std::move(onData); }
    /// Gives the allocation back; also done when the server does not answer.
    void release(std::function<void()> done);

    /// Once it opens.
    [[nodiscard]] const TurnPlace& place() const { return channel_->place(); }
    [[nodiscard]] const std::string& realm() const { return realm_; } ///< of the last challenge

private:
    using Answer = StunTransactions::Answer;
    struct Request {
        StunMethod method;
        std::function<void(StunMessage&)> fill; ///< adds the attributes; again for each try
        std::string peer;                       ///< of a permission, for messages
    };

    void ask(const Request& request, int tries, Done<Answer> done);
    void onAnswer(const Request& request, int tries, bool wasSigned, const Answer& answer,
                  const Done<Answer>& done);
    bool takeChallenge(const StunMessage& message);
    void onPacket(std::string_view packet);
    void onOpen();
    void onFailed(TurnFault fault);

    TurnServer server_;
    StunTransactions transactions_;
    std::unique_ptr<StunChannel> channel_;
    Done<void> opening_;
    base::Timer openDeadline_;
    std::optional<TurnFault> failure_; ///< of the channel
    std::string realm_;
    std::string nonce_;
    OnData onData_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace turn_check
