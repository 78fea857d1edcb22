#include "gateway/http/request_reader.h"

#include "gateway/http/rules.h"
#include "gateway/http/soup_headers.h"

#include <libsoup/soup.h>

namespace http {

using base::Problem;

namespace {

base::Error tooLarge(std::size_t limit) {
    return {Problem::TooLarge,
            "The body is larger than the " + std::to_string(limit) + " bytes taken here"};
}

} // namespace

RequestReader::RequestReader(Request& into, Handlers handlers)
    : request_(into), handlers_(std::move(handlers)) {}

RequestReader::~RequestReader() {
    forget();
}

void RequestReader::attach(SoupServerMessage* message) {
    message_ = base::Object<SoupServerMessage>::retain(message);
    signals_ = {
        g_signal_connect(message, "got-headers", G_CALLBACK(onGotHeaders), this),
        g_signal_connect(message, "got-chunk", G_CALLBACK(onGotChunk), this),
        g_signal_connect(message, "got-body", G_CALLBACK(onGotBody), this),
        g_signal_connect(message, "disconnected", G_CALLBACK(onDisconnected), this),
    };
}

void RequestReader::forget() {
    for (unsigned long& signal : signals_) {
        if (signal != 0) {
            g_signal_handler_disconnect(message_.get(), std::exchange(signal, 0));
        }
    }
    message_ = {};
}

void RequestReader::onGotHeaders(SoupServerMessage*, void* self) noexcept {
    static_cast<RequestReader*>(self)->takeHead();
}

void RequestReader::onGotChunk(SoupServerMessage*, GBytes* chunk, void* self) noexcept {
    static_cast<RequestReader*>(self)->takeChunk(chunk);
}

void RequestReader::onGotBody(SoupServerMessage*, void* self) noexcept {
    auto* reader = static_cast<RequestReader*>(self);
    reader->release();
    const auto onComplete = reader->handlers_.onComplete; // it may destroy the reader
    onComplete();
}

/// libsoup gave up: the client left, or what it sent was no HTTP.
void RequestReader::onDisconnected(SoupServerMessage*, void* self) noexcept {
    auto* reader = static_cast<RequestReader*>(self);
    reader->phase_ = Phase::Done;
    reader->forget();
    const auto onGone = reader->handlers_.onGone;
    onGone();
}

base::Result<void> RequestReader::readHead() {
    SoupServerMessage* message = message_.get();
    GUri* uri = soup_server_message_get_uri(message);
    request_.method = soup_server_message_get_method(message);
    request_.headers = headersOf(soup_server_message_get_request_headers(message));
    if (const char* query = g_uri_get_query(uri)) {
        request_.query = decodeQuery(query);
    }
    const char* raw = g_uri_get_path(uri);
    auto path = decodePath(raw && *raw ? raw : "/");
    if (!path) {
        return base::fail(path.error());
    }
    request_.path = std::move(*path);
    const std::string* host = request_.header("host");
    const char* target =
        g_uri_get_host(uri); // from the request line, if that holds a whole address
    if (g_uri_get_userinfo(uri) || (host && target && hostName(*host) != hostName(target) &&
                                    hostName(*host) != hostName("[" + std::string(target) + "]"))) {
        return base::fail(Problem::Malformed, "The address and the Host of the request differ");
    }
    if (request_.header("transfer-encoding") && request_.header("content-length")) {
        return base::fail(Problem::Malformed, "The request gives its length twice");
    }
    return {};
}

void RequestReader::takeHead() {
    phase_ = Phase::Head;
    SoupMessageHeaders* headers = soup_server_message_get_request_headers(message_.get());
    soup_message_body_set_accumulate(soup_server_message_get_request_body(message_.get()), FALSE);
    if (auto read = readHead(); !read) {
        refuseWith(problem(read.error()));
        return;
    }
    auto limit = handlers_.onHead(request_);
    if (!limit) {
        refuseWith(std::move(limit.error()));
        return;
    }
    bodyLimit_ = *limit;
    if (soup_message_headers_get_content_length(headers) > static_cast<goffset>(bodyLimit_)) {
        refuseWith(problem(tooLarge(bodyLimit_)));
        return;
    }
    phase_ = Phase::Body;
}

void RequestReader::takeChunk(GBytes* chunk) {
    gsize size = 0;
    const auto* data = static_cast<const char*>(g_bytes_get_data(chunk, &size));
    if (request_.body.size() + size > bodyLimit_) {
        refuseWith(problem(tooLarge(bodyLimit_)));
        return;
    }
    request_.body.append(data, size);
}

bool RequestReader::refuse(Reply reply) {
    if (phase_ != Phase::Body) {
        return false;
    }
    refuseWith(std::move(reply));
    return true;
}

void RequestReader::refuseWith(Reply reply) {
    release();
    const auto onRefused = handlers_.onRefused; // it may destroy the reader
    onRefused(std::move(reply));
}

/// libsoup's wrapper around the stream goes; the stream itself stays with the connection.
void RequestReader::release() {
    phase_ = Phase::Done;
    const base::Object<SoupServerMessage> message = message_;
    forget();
    base::Object<GIOStream>::adopt(soup_server_message_steal_connection(message.get()));
}

} // namespace http
