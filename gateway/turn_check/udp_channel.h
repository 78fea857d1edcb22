#pragma once

#include "gateway/turn_check/stun_channel.h"
#include "gateway/turn_check/udp_socket.h"
#include "pipelines/base/unique.h"

namespace turn_check {

/// By UDP. Of several addresses of a name the first is taken that a route leads to, in the system's
/// order. Thread-bound.
class UdpChannel final : public StunChannel {
public:
    UdpChannel(const ice::IceUri& uri, Handlers handlers);
    ~UdpChannel() override;

    void send(std::string_view packet) override;
    [[nodiscard]] bool reliable() const override { return false; }
    [[nodiscard]] const TurnPlace& place() const override { return place_; }

private:
    static void onResolved(GObject* resolver, GAsyncResult* result, gpointer data) noexcept;
    void take(GList* addresses);
    void fail(TurnFault fault);

    TurnPlace place_;
    Handlers handlers_;
    std::unique_ptr<UdpSocket> socket_;
    base::Object<GCancellable> cancellable_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace turn_check
