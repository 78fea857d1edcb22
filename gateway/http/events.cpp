#include "gateway/http/events.h"

#include "gateway/http/socket_writer.h"

#include <algorithm>

namespace http {

namespace {

/// Proxies close what is silent for 30 s or more; it also finds clients that are gone.
constexpr base::Milliseconds kHeartbeat{15'000};

} // namespace

SocketEvents::SocketEvents(SocketWriter* writer) : writer_(writer) {
    if (!writer_) {
        return;
    }
    writer_->watchLeaving();
    heartbeat_ = base::Timer::every(kHeartbeat, [this] { write(": still here\n\n"); });
}

void SocketEvents::send(std::string_view event, std::string_view data) {
    std::string text = "id: " + std::to_string(nextId_++) + "\nevent: " + std::string(event) + "\n";
    do {
        const std::size_t end = std::min(data.find('\n'), data.size());
        text += "data: " + std::string(data.substr(0, end)) + "\n";
        data.remove_prefix(std::min(end + 1, data.size()));
    } while (!data.empty());
    write(text + "\n");
}

void SocketEvents::write(std::string text) {
    if (!writer_) {
        return;
    }
    if (writer_->queued() + text.size() > kLargestQueue) {
        SocketWriter* writer = writer_;
        detach();
        writer->abandon();
        return;
    }
    writer_->write(std::move(text));
}

void SocketEvents::close() {
    if (SocketWriter* writer = writer_) {
        detach();
        writer->finish();
    }
}

void SocketEvents::detach() {
    writer_ = nullptr;
    heartbeat_.stop();
}

} // namespace http
