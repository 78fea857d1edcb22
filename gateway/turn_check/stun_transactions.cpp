#include "gateway/turn_check/stun_transactions.h"

#include <glib.h>
#include <utility>

namespace turn_check {

using std::chrono::duration_cast;

void StunTransactions::ask(const StunMessage& request, const std::string& key, bool reliable,
                           Done done) {
    const std::string id = request.transaction;
    Open& open = open_[id];
    open.packet = request.print(key);
    open.key = key;
    open.started = monotonicNow();
    open.done = std::move(done);
    open.deadline = base::Timer::once(kLongestWait, [this, id] { finish(id, std::nullopt); });
    if (!reliable) {
        open.repeat = base::Timer::once(kFirstRepeat, [this, id] { repeat(id); });
    }
    send_(open.packet);
}

void StunTransactions::repeat(const std::string& transaction) {
    Open& open = open_.at(transaction);
    open.nextRepeat *= 2;
    open.repeat = base::Timer::once(open.nextRepeat, [this, transaction] { repeat(transaction); });
    send_(open.packet);
}

bool StunTransactions::handle(const StunMessage& message, std::string_view packet) {
    const auto found = open_.find(message.transaction);
    if (found == open_.end() ||
        (message.kind != StunClass::Success && message.kind != StunClass::Error)) {
        return false;
    }
    const Open& open = found->second;
    finish(message.transaction,
           Answer{message, isSignedWith(packet, open.key),
                  duration_cast<base::Milliseconds>(monotonicNow() - open.started)});
    return true;
}

void StunTransactions::finish(const std::string& transaction, const std::optional<Answer>& answer) {
    const auto node = open_.extract(transaction); // `done` may ask anew, or destroy this
    if (!node.empty()) {
        node.mapped().done(answer);
    }
}

void StunTransactions::abandon() {
    const auto open = std::exchange(open_, {});
    const std::weak_ptr<bool> alive = alive_;
    for (const auto& [id, transaction] : open) {
        if (!alive.expired()) {
            transaction.done(std::nullopt);
        }
    }
}

base::Nanoseconds monotonicNow() {
    return base::Nanoseconds(g_get_monotonic_time() * 1000);
}

} // namespace turn_check
