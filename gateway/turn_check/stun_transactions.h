#pragma once

#include "gateway/turn_check/stun_message.h"
#include "pipelines/base/loop.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace turn_check {

/// Requests and the answers to them (RFC 8489 section 6.2): sent again over UDP until one comes or
/// the time is up. Owned by the client of one server. Thread-bound.
class StunTransactions {
public:
    /// The first repetition comes after this long, the next after twice as long, and so on.
    static constexpr base::Milliseconds kFirstRepeat{500};
    /// The RFC waits 39.5 s; browsers give up long before, and so does whoever looks at a table.
    static constexpr base::Milliseconds kLongestWait{7500};

    struct Answer {
        StunMessage message;
        bool isSigned = false; ///< with the key of the request
        base::Milliseconds time{0};
    };
    /// Nothing came in time.
    using Done = std::function<void(const std::optional<Answer>&)>;

    explicit StunTransactions(std::function<void(std::string_view packet)> send)
        : send_(std::move(send)) {}

    /// `done` is called once, later, never after destruction.
    void ask(const StunMessage& request, const std::string& key, bool reliable, Done done);
    /// False for what answers no open request.
    bool handle(const StunMessage& message, std::string_view packet);
    /// No answer can come any more.
    void abandon();

private:
    struct Open {
        std::string packet;
        std::string key;
        base::Nanoseconds started{0};
        base::Milliseconds nextRepeat{kFirstRepeat};
        base::Timer repeat;
        base::Timer deadline;
        Done done;
    };

    void repeat(const std::string& transaction);
    void finish(const std::string& transaction, const std::optional<Answer>& answer);

    std::function<void(std::string_view)> send_;
    std::map<std::string, Open> open_; ///< by transaction
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// For measuring spans.
[[nodiscard]] base::Nanoseconds monotonicNow();

} // namespace turn_check
