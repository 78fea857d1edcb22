#include "gateway/http/client.h"

#include "gateway/http/soup_headers.h"
#include "pipelines/base/loop.h"
#include "pipelines/base/unique.h"

#include <array>
#include <gio/gio.h>
#include <libsoup/soup.h>
#include <memory>

namespace http {

using base::Problem;

namespace {

constexpr gsize kBlock = 16 * 1024;

using Done = std::function<void(base::Result<Fetched>)>;

/// What is wrong with a certificate, for people.
std::string complaintAbout(GTlsCertificateFlags flaws) {
    struct Flaw {
        GTlsCertificateFlags flag;
        const char* words;
    };
    constexpr std::array kFlaws{
        Flaw{G_TLS_CERTIFICATE_EXPIRED, "has expired"},
        Flaw{G_TLS_CERTIFICATE_NOT_ACTIVATED, "is not valid yet, or the clock here is wrong"},
        Flaw{G_TLS_CERTIFICATE_BAD_IDENTITY, "is for another name"},
        Flaw{G_TLS_CERTIFICATE_REVOKED, "was revoked"},
        Flaw{G_TLS_CERTIFICATE_UNKNOWN_CA, "comes from no authority that is known here"},
    };
    for (const Flaw& flaw : kFlaws) {
        if ((flaws & flaw.flag) != 0) {
            return std::string("its certificate ") + flaw.words;
        }
    }
    return "its certificate is not acceptable";
}

/// One GET, on a session of its own: nothing of it is left when it ends. Held by whatever it waits
/// for. Thread-bound.
class Fetch : public std::enable_shared_from_this<Fetch> {
public:
    Fetch(std::size_t bodyLimit, Done done);

    void begin(const Get& wanted);

private:
    static void onSent(GObject*, GAsyncResult* result, gpointer data) noexcept;
    static void onRead(GObject*, GAsyncResult* result, gpointer data) noexcept;
    /// What a callback holds; taken back there.
    gpointer held() { return new std::shared_ptr<Fetch>(shared_from_this()); }

    void takeHead(GInputStream* body, const char* failure);
    void readMore();
    void takeBlock(GBytes* block, const char* failure);
    void finish(base::Result<Fetched> result);

    base::Object<SoupSession> session_;
    base::Object<SoupMessage> message_;
    base::Object<GInputStream> stream_;
    base::Object<GCancellable> cancellable_;
    base::Timer deadline_;
    std::size_t bodyLimit_;
    Fetched fetched_;
    Done done_; ///< empty when it is over
};

Fetch::Fetch(std::size_t bodyLimit, Done done)
    : session_(base::Object<SoupSession>::adopt(soup_session_new())),
      cancellable_(base::Object<GCancellable>::adopt(g_cancellable_new())), bodyLimit_(bodyLimit),
      done_(std::move(done)) {}

void Fetch::begin(const Get& wanted) {
    const auto flags = static_cast<GUriFlags>(SOUP_HTTP_URI_FLAGS);
    const base::UniqueUri uri(g_uri_parse(wanted.url.c_str(), flags, nullptr));
    const std::string scheme = uri ? g_uri_get_scheme(uri.get()) : "";
    const char* host = uri ? g_uri_get_host(uri.get()) : nullptr;
    if ((scheme != "http" && scheme != "https") || host == nullptr || *host == '\0') {
        base::post([self = shared_from_this()] {
            self->finish(base::fail(Problem::Unavailable, "its address cannot be understood"));
        });
        return;
    }
    message_ = base::Object<SoupMessage>::adopt(soup_message_new_from_uri("GET", uri.get()));
    soup_message_add_flags(message_.get(), SOUP_MESSAGE_NO_REDIRECT);
    // It would take an Authorization header for its own.
    soup_message_disable_feature(message_.get(), SOUP_TYPE_AUTH_MANAGER);
    SoupMessageHeaders* headers = soup_message_get_request_headers(message_.get());
    soup_message_headers_replace(headers, "User-Agent", "Spillway/" SPILLWAY_VERSION);
    for (const auto& [name, value] : wanted.headers) {
        soup_message_headers_replace(headers, name.c_str(), value.c_str());
    }
    const std::string limit = std::to_string(wanted.timeout.count() / 1000) + " s";
    deadline_ = base::Timer::once(wanted.timeout, [weak = weak_from_this(), limit] {
        if (const auto self = weak.lock()) {
            self->finish(base::fail(Problem::Timeout, "it did not answer within " + limit));
        }
    });
    soup_session_send_async(session_.get(), message_.get(), G_PRIORITY_DEFAULT, cancellable_.get(),
                            onSent, held());
}

void Fetch::onSent(GObject* session, GAsyncResult* result, gpointer data) noexcept {
    const std::unique_ptr<std::shared_ptr<Fetch>> self(static_cast<std::shared_ptr<Fetch>*>(data));
    base::ErrorOut error;
    const auto body = base::Object<GInputStream>::adopt(
        soup_session_send_finish(SOUP_SESSION(session), result, error));
    (*self)->takeHead(body.get(), error.message());
}

void Fetch::takeHead(GInputStream* body, const char* failure) {
    if (!done_) {
        return;
    }
    if (body == nullptr) {
        const auto flaws = soup_message_get_tls_peer_certificate_errors(message_.get());
        finish(base::fail(Problem::Unavailable,
                          flaws != 0 ? complaintAbout(flaws)
                                     : std::string("it cannot be reached: ") + failure));
        return;
    }
    stream_ = base::Object<GInputStream>::retain(body);
    fetched_.status = static_cast<int>(soup_message_get_status(message_.get()));
    const char* reason = soup_message_get_reason_phrase(message_.get());
    fetched_.reason = reason != nullptr ? reason : "";
    fetched_.headers = headersOf(soup_message_get_response_headers(message_.get()));
    readMore();
}

void Fetch::readMore() {
    g_input_stream_read_bytes_async(stream_.get(), kBlock, G_PRIORITY_DEFAULT, cancellable_.get(),
                                    onRead, held());
}

void Fetch::onRead(GObject* stream, GAsyncResult* result, gpointer data) noexcept {
    const std::unique_ptr<std::shared_ptr<Fetch>> self(static_cast<std::shared_ptr<Fetch>*>(data));
    base::ErrorOut error;
    const base::UniqueBytes block(
        g_input_stream_read_bytes_finish(G_INPUT_STREAM(stream), result, error));
    (*self)->takeBlock(block.get(), error.message());
}

void Fetch::takeBlock(GBytes* block, const char* failure) {
    if (!done_) {
        return;
    }
    if (block == nullptr) {
        finish(base::fail(Problem::Unavailable, std::string("its answer broke off: ") + failure));
        return;
    }
    gsize size = 0;
    const auto* bytes = static_cast<const char*>(g_bytes_get_data(block, &size));
    if (size == 0) {
        finish(std::move(fetched_));
        return;
    }
    if (fetched_.body.size() + size > bodyLimit_) {
        finish(base::fail(Problem::TooLarge, "its answer is longer than " +
                                                 std::to_string(bodyLimit_ / 1024) + " KiB"));
        return;
    }
    fetched_.body.append(bytes, size);
    readMore();
}

void Fetch::finish(base::Result<Fetched> result) {
    if (!done_) {
        return;
    }
    const Done done = std::exchange(done_, nullptr);
    deadline_.stop();
    g_cancellable_cancel(cancellable_.get());
    soup_session_abort(session_.get());
    done(std::move(result));
}

} // namespace

void get(const Get& wanted, std::function<void(base::Result<Fetched>)> done) {
    std::make_shared<Fetch>(wanted.bodyLimit, std::move(done))->begin(wanted);
}

} // namespace http
