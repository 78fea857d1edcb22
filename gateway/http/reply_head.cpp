#include "gateway/http/reply_head.h"

#include "gateway/http/file_plan.h"
#include "gateway/http/rules.h"
#include "pipelines/base/unique.h"

#include <array>
#include <gio/gio.h>
#include <libsoup/soup.h>
#include <optional>

namespace http {

namespace {

/// Smaller ones grow.
constexpr std::size_t kWorthCompressing = 128;

constexpr const char* kPagePolicy =
    "default-src 'self'; media-src 'self' blob:; img-src 'self' data: blob:; "
    "worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'self'";

bool isText(std::string_view type) {
    const std::string_view bare = type.substr(0, type.find(';'));
    return bare.starts_with("text/") || bare.ends_with("json") || bare.ends_with("javascript") ||
           bare.ends_with("mpegurl");
}

std::optional<std::string> gzip(const std::string& text) {
    const auto compressor = base::Object<GConverter>::adopt(
        G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1)));
    std::string out;
    std::array<char, 16 * 1024> block{};
    std::size_t taken = 0;
    for (;;) {
        gsize read = 0;
        gsize written = 0;
        base::ErrorOut error;
        const GConverterResult result = g_converter_convert(
            compressor.get(), text.data() + taken, text.size() - taken, block.data(), block.size(),
            G_CONVERTER_INPUT_AT_END, &read, &written, error);
        if (result == G_CONVERTER_ERROR) {
            return std::nullopt;
        }
        taken += read;
        out.append(block.data(), written);
        if (result == G_CONVERTER_FINISHED) {
            return out;
        }
    }
}

void compress(Reply& reply, const Request& request) {
    auto* text = std::get_if<std::string>(&reply.body);
    const std::string* type = reply.header("Content-Type");
    if (!text || !type || !isText(*type) || reply.header("Content-Encoding")) {
        return;
    }
    reply.with("Vary", "Accept-Encoding");
    const std::string* accepts = request.header("accept-encoding");
    if (!accepts || text->size() < kWorthCompressing || !acceptsGzip(*accepts)) {
        return;
    }
    if (auto packed = gzip(*text)) {
        *text = std::move(*packed);
        reply.with("Content-Encoding", "gzip");
    }
}

} // namespace

void addCommonHeaders(Reply& reply, const Request& request, Cors cors) {
    compress(reply, request);
    reply.with("X-Content-Type-Options", "nosniff");
    reply.with("Referrer-Policy", "no-referrer");
    const std::string* type = reply.header("Content-Type");
    if (type && type->starts_with("text/html")) {
        reply.with("Content-Security-Policy", kPagePolicy);
        reply.with("Permissions-Policy",
                   "camera=(self), microphone=(self), display-capture=(self)");
    }
    if (cors == Cors::None) {
        reply.with("Cross-Origin-Resource-Policy", "same-origin");
        return;
    }
    reply.with("Cross-Origin-Resource-Policy", "cross-origin");
    reply.with("Access-Control-Allow-Origin", "*");
    reply.with("Access-Control-Expose-Headers",
               cors == Cors::Whip ? "Location, Link, ETag, Accept-Post, Accept-Patch, Retry-After"
                                  : "Content-Range, ETag, Retry-After");
}

std::string headOf(const Reply& reply, std::int64_t length) {
    std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " " +
                       soup_status_get_phrase(static_cast<guint>(reply.status)) + "\r\n";
    head += "Date: " + httpDate(g_get_real_time() / G_USEC_PER_SEC) + "\r\n";
    for (const auto& [name, value] : reply.headers) {
        head += name + ": " + value + "\r\n";
    }
    if (length >= 0 && reply.status != 204 && reply.status != 304) {
        head += "Content-Length: " + std::to_string(length) + "\r\n";
    }
    return head + "Connection: close\r\n\r\n";
}

} // namespace http
