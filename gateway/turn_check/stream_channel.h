#pragma once

#include "gateway/turn_check/stun_channel.h"
#include "pipelines/base/unique.h"

#include <optional>

namespace turn_check {

/// By TCP or TLS, where messages follow each other (RFC 8489 section 6.2.2, RFC 8656 section 12.5).
/// The certificate is judged as browsers do, by what this machine trusts. Thread-bound.
class StreamChannel final : public StunChannel {
public:
    StreamChannel(const ice::IceUri& uri, Handlers handlers);
    ~StreamChannel() override;

    void send(std::string_view packet) override;
    [[nodiscard]] bool reliable() const override { return true; }
    [[nodiscard]] const TurnPlace& place() const override { return place_; }

private:
    struct Pending;

    static void onEvent(GSocketClient* client, GSocketClientEvent event,
                        GSocketConnectable* connectable, GIOStream* connection,
                        gpointer data) noexcept;
    static gboolean onCertificate(GTlsConnection* connection, GTlsCertificate* certificate,
                                  GTlsCertificateFlags flags, gpointer data) noexcept;
    static void onConnected(GObject* client, GAsyncResult* result, gpointer data) noexcept;
    static void onRead(GObject* stream, GAsyncResult* result, gpointer data) noexcept;
    static void onWritten(GObject* stream, GAsyncResult* result, gpointer data) noexcept;

    Pending* pending();
    void watchCertificate(GObject* connection);
    void opened(GSocketConnection* connection);
    void readOn();
    void take(std::string_view bytes);
    void writeOn();
    void fail(TurnFault fault);

    TurnPlace place_;
    Handlers handlers_;
    base::Object<GCancellable> cancellable_;
    base::Object<GSocketConnection> connection_;
    std::optional<TurnFault> certificateFault_;
    std::string received_;
    std::string waiting_; ///< to be written after what is being written
    bool writing_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace turn_check
