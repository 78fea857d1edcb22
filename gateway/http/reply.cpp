#include "gateway/http/reply.h"

#include "pipelines/json/writer.h"

#include <array>
#include <strings.h>

namespace http {

namespace {

using base::Problem;

struct Meaning {
    Problem problem;
    int status;
    const char* title;
};

constexpr std::array kMeanings{
    Meaning{Problem::Malformed, 400, "The request cannot be understood"},
    Meaning{Problem::Unauthorized, 401, "A token is needed"},
    Meaning{Problem::Forbidden, 403, "Not allowed"},
    Meaning{Problem::NotFound, 404, "Not found"},
    Meaning{Problem::MethodNotAllowed, 405, "Method not allowed"},
    Meaning{Problem::Conflict, 409, "Not possible in the present state"},
    Meaning{Problem::PreconditionFailed, 412, "The state is another one"},
    Meaning{Problem::TooLarge, 413, "Too large"},
    Meaning{Problem::UnsupportedType, 415, "Content type not taken here"},
    Meaning{Problem::Unprocessable, 422, "Nothing usable in the request"},
    Meaning{Problem::PreconditionRequired, 428, "If-Match is needed"},
    Meaning{Problem::TooManyRequests, 429, "Too many requests"},
    Meaning{Problem::Internal, 500, "Spillway failed"},
    Meaning{Problem::PeerLost, 502, "The media process is gone"},
    Meaning{Problem::Unavailable, 503, "Not now"},
    Meaning{Problem::Timeout, 503, "It took too long"},
    Meaning{Problem::MissingPackage, 503, "Something is not installed"},
    Meaning{Problem::NoSpace, 507, "The disk is full"},
};

const Meaning& meaningOf(Problem problem) {
    for (const Meaning& entry : kMeanings) {
        if (entry.problem == problem) {
            return entry;
        }
    }
    return meaningOf(Problem::Internal);
}

bool isControl(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

bool sameName(std::string_view a, std::string_view b) {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace

Reply Reply::empty(int status) {
    Reply reply;
    reply.status = status;
    return reply;
}

Reply Reply::text(std::string text, std::string_view contentType) {
    Reply reply;
    reply.body = std::move(text);
    return std::move(reply).with("Content-Type", contentType);
}

Reply Reply::json(std::string text, int status) {
    Reply reply = Reply::text(std::move(text), "application/json");
    reply.status = status;
    return reply;
}

Reply Reply::file(FileBody file, std::string_view contentType) {
    Reply reply;
    reply.body = std::move(file);
    return std::move(reply).with("Content-Type", contentType);
}

Reply& Reply::with(std::string_view name, std::string_view value) & {
    std::string clean(value);
    std::erase_if(clean, isControl);
    headers.emplace_back(name, std::move(clean));
    return *this;
}

Reply&& Reply::with(std::string_view name, std::string_view value) && {
    return std::move(static_cast<Reply&>(*this).with(name, value));
}

const std::string* Reply::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (sameName(key, name)) {
            return &value;
        }
    }
    return nullptr;
}

int statusOf(Problem problem) {
    return meaningOf(problem).status;
}

Reply problem(const base::Error& error) {
    const Meaning& meaning = meaningOf(error.problem);
    Reply reply =
        Reply::text(json::Writer()
                            .put("type", "/problems/" + std::string(nameOf(error.problem)))
                            .put("title", meaning.title)
                            .put("status", meaning.status)
                            .put("detail", error.message)
                            .finish() +
                        "\n",
                    "application/problem+json");
    reply.status = meaning.status;
    reply.with("Cache-Control", "no-store");
    if (meaning.status == 401) {
        reply.with("WWW-Authenticate", "Bearer");
    }
    if (meaning.status == 503 || meaning.status == 429) {
        reply.with("Retry-After", "2");
    }
    return reply;
}

} // namespace http
