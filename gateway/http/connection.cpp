#include "gateway/http/connection.h"

#include "gateway/http/events.h"
#include "gateway/http/file_pump.h"
#include "gateway/http/reply_head.h"
#include "gateway/http/rules.h"
#include "gateway/http/socket_writer.h"
#include "pipelines/base/log.h"
#include "pipelines/json/writer.h"

#include <exception>
#include <gio/gio.h>
#include <sys/socket.h>

namespace http {

using base::Problem;

namespace {

const base::Logger kLog("http");

std::string numeric(GSocketAddress* address) {
    if (!address || !G_IS_INET_SOCKET_ADDRESS(address)) {
        return {};
    }
    GInetAddress* inet = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address));
    std::string text = base::UniqueString(g_inet_address_to_string(inet)).get();
    return text.starts_with("::ffff:") ? text.substr(7) : text; // IPv4 on a socket for both
}

/// Only HTTP itself knows this one: it is no answer to anything we were asked.
Reply tooSlow() {
    Reply reply = Reply::text(json::Writer()
                                      .put("type", "about:blank")
                                      .put("title", "Request Timeout")
                                      .put("status", 408)
                                      .put("detail", "The request took too long to arrive")
                                      .finish() +
                                  "\n",
                              "application/problem+json");
    reply.status = 408;
    return reply;
}

/// The proxy adds the address it saw at the end; what stands before it is the client's own claim.
std::string lastForwarded(const std::string& header) {
    std::string last =
        header.substr(header.rfind(',') == std::string::npos ? 0 : header.rfind(',') + 1);
    std::erase_if(last, [](char c) { return c == ' ' || c == '\t'; });
    return last;
}

} // namespace

Connection::Connection(base::Object<GSocketConnection> socket,
                       std::shared_ptr<const Surroundings> surroundings)
    : socket_(std::move(socket)), surroundings_(std::move(surroundings)),
      readUntil_(g_get_monotonic_time() + surroundings_->config.requestLimit.count() * 1000) {
    reader_ = std::make_unique<RequestReader>(
        request_, RequestReader::Handlers{
                      [this](Request& request) { return considerHead(request); },
                      [this] { handle(); },
                      [this](Reply reply) {
                          beginAnswering();
                          answer(std::move(reply));
                      },
                      [this] { over(); },
                  });
}

Connection::~Connection() = default;

int Connection::descriptor() const {
    return g_socket_get_fd(g_socket_connection_get_socket(socket_.get()));
}

bool Connection::dispensable() const {
    return phase_ == Phase::Reading || (writer_ && writer_->lingering());
}

void Connection::readAddresses() {
    const auto peer = base::Object<GSocketAddress>::adopt(
        g_socket_connection_get_remote_address(socket_.get(), nullptr));
    request_.client = numeric(peer.get());
    request_.loopback = isLoopbackName(request_.client);
    const std::string* forwarded = request_.header("x-forwarded-for");
    if (!surroundings_->config.trustedProxy || !request_.loopback || !forwarded) {
        request_.headers.erase("x-forwarded-for");
        return;
    }
    request_.client = lastForwarded(*forwarded);
    request_.loopback = isLoopbackName(request_.client);
    const std::string* scheme = request_.header("x-forwarded-proto");
    request_.secure = scheme && *scheme == "https";
}

tl::expected<std::size_t, Reply> Connection::considerHead(Request& request) {
    readAddresses();
    std::vector<std::string> names = surroundings_->config.hosts;
    const auto local = base::Object<GSocketAddress>::adopt(
        g_socket_connection_get_local_address(socket_.get(), nullptr));
    names.push_back(numeric(local.get())); // a number cannot be made to resolve to us
    if (auto known = checkHost(request, names); !known) {
        return tl::unexpected(problem(known.error()));
    }
    match_ = surroundings_->router.find(request);
    if (match_.cors == Cors::None) {
        if (auto own = checkOrigin(request); !own) {
            return tl::unexpected(problem(own.error()));
        }
    }
    if (!match_.route) {
        return tl::unexpected(std::move(match_.refusal));
    }
    request.parameters = match_.parameters;
    if (match_.route->guard) {
        if (auto allowed = match_.route->guard(request); !allowed) {
            return tl::unexpected(problem(allowed.error()));
        }
    }
    return match_.route->bodyLimit;
}

/// From here on the socket is ours alone.
void Connection::beginAnswering() {
    phase_ = Phase::Handling;
    writer_ = std::make_unique<SocketWriter>(descriptor(), surroundings_->config.idleLimit,
                                             SocketWriter::Handlers{[this] {
                                                                        if (pump_) {
                                                                            pump_->more();
                                                                        }
                                                                    },
                                                                    [this] { over(); }});
}

void Connection::handle() {
    const std::shared_ptr<Connection> keep = shared_from_this();
    beginAnswering();
    deadline_ = base::Timer::once(match_.route->deadline, [this] {
        answer(problem({Problem::Timeout, "The answer took too long; try again in a moment"}));
    });
    try {
        match_.handler(request_, Responder(keep));
    } catch (const std::exception& failure) {
        kLog.error(request_.method + " " + request_.path + ": " + failure.what());
        answer(problem({Problem::Internal, "This should not happen; the log says more"}));
    }
}

void Connection::answer(Reply reply) {
    if (phase_ != Phase::Handling) {
        return;
    }
    phase_ = Phase::Answering;
    deadline_.stop();
    if (base::log::enabled(base::log::Level::Debug)) {
        kLog.debug(request_.client + " " + request_.method + " " + request_.path + " " +
                   std::to_string(reply.status));
    }
    const auto* file = std::get_if<FileBody>(&reply.body);
    if (!file) {
        sendWhole(std::move(reply));
    } else if (!file->accelPath.empty() && request_.header("x-forwarded-for")) {
        reply.with("X-Accel-Redirect", file->accelPath);
        reply.body = std::monostate{};
        sendWhole(std::move(reply));
    } else {
        answerFile(std::move(reply));
    }
}

void Connection::sendWhole(Reply reply) {
    addCommonHeaders(reply, request_, match_.cors);
    const auto* text = std::get_if<std::string>(&reply.body);
    const bool hasBody = text && reply.status != 204 && reply.status != 304;
    writer_->write(headOf(reply, text ? static_cast<std::int64_t>(text->size()) : 0));
    if (hasBody && request_.method != "HEAD") {
        writer_->write(std::move(std::get<std::string>(reply.body)));
    }
    writer_->finish();
}

void Connection::answerFile(Reply reply) {
    const FileBody file = std::get<FileBody>(reply.body);
    pump_ = FilePump::open(file,
                           [this, reply = std::move(reply)](base::Result<FileFacts> facts) mutable {
                               if (facts) {
                                   sendFile(std::move(reply), *facts);
                                   return;
                               }
                               if (facts.error().problem != Problem::NotFound) {
                                   kLog.warning(request_.path + ": " + facts.error().message);
                               }
                               sendWhole(problem(facts.error()));
                           });
}

void Connection::sendFile(Reply reply, const FileFacts& facts) {
    const FilePlan plan = planFor(request_, facts);
    reply.status = plan.status;
    reply.with("Accept-Ranges", "bytes").with("ETag", facts.etag);
    reply.with("Last-Modified", httpDate(facts.modified));
    if (!plan.contentRange.empty()) {
        reply.with("Content-Range", plan.contentRange);
    }
    addCommonHeaders(reply, request_, match_.cors);
    writer_->write(headOf(reply, plan.length));
    if (request_.method == "HEAD") {
        writer_->finish();
    } else {
        pump_->send(plan, *writer_);
    }
}

std::shared_ptr<EventStream> Connection::startEvents() {
    if (phase_ != Phase::Handling) {
        return std::make_shared<SocketEvents>(nullptr);
    }
    phase_ = Phase::Answering;
    deadline_.stop();
    Reply reply = Reply::empty(200);
    reply.with("Content-Type", "text/event-stream").with("Cache-Control", "no-store");
    reply.with("X-Accel-Buffering", "no");
    addCommonHeaders(reply, request_, match_.cors);
    writer_->write(headOf(reply, -1));
    if (request_.method == "HEAD") {
        writer_->finish();
        return std::make_shared<SocketEvents>(nullptr);
    }
    events_ = std::make_shared<SocketEvents>(writer_.get());
    return events_;
}

void Connection::check(std::int64_t now) {
    if (writer_) {
        writer_->checkProgress(now);
    } else if (phase_ == Phase::Reading && now > readUntil_ && !reader_->refuse(tooSlow())) {
        close();
    }
}

/// libsoup may still be reading: the end of the stream makes it let go.
void Connection::close() {
    if (writer_) {
        writer_->abandon();
    } else {
        ::shutdown(descriptor(), SHUT_RDWR);
    }
}

void Connection::over() {
    if (phase_ == Phase::Over) {
        return;
    }
    letGo();
    base::post([self = shared_from_this()] {
        self->pump_.reset();
        self->writer_.reset();
        self->reader_.reset();
        g_io_stream_close(G_IO_STREAM(self->socket_.get()), nullptr, nullptr);
        if (self->surroundings_->onOver) {
            self->surroundings_->onOver(*self);
        }
    });
}

void Connection::letGo() {
    phase_ = Phase::Over;
    deadline_.stop();
    if (events_) {
        events_->detach();
    }
}

void Connection::drop() {
    letGo();
    pump_.reset();
    writer_.reset();
    reader_.reset();
    g_io_stream_close(G_IO_STREAM(socket_.get()), nullptr, nullptr);
}

} // namespace http
