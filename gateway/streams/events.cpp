#include "gateway/streams/events.h"

#include <utility>

namespace streams {

Subscription Events::subscribe(Listener listener) {
    auto shared = std::make_shared<Listener>(std::move(listener));
    listeners_.push_back(shared);
    return Subscription(std::move(shared));
}

void Events::emit(const Event& event) {
    std::erase_if(listeners_, [](const auto& listener) { return listener.expired(); });
    const auto listeners = listeners_; // one of them may subscribe another
    for (const auto& weak : listeners) {
        if (const auto listener = weak.lock()) {
            (*listener)(event);
        }
    }
}

} // namespace streams
