#include "gateway/http/pages.h"

#include <array>
#include <string_view>
#include <unistd.h>

namespace http {

namespace {

struct Page {
    const char* pattern;
    const char* file;
};

constexpr std::array kPages{
    Page{"/", "index.html"},
    Page{"/publish/{stream}", "publish.html"},
    Page{"/watch/{stream}", "watch.html"},
    Page{"/recordings", "recordings.html"},
};

struct Type {
    std::string_view ending;
    std::string_view type;
};

/// What a page may load; nothing else of the folder is given out.
constexpr std::array kTypes{
    Type{".html", "text/html; charset=utf-8"},
    Type{".js", "text/javascript; charset=utf-8"},
    Type{".mjs", "text/javascript; charset=utf-8"},
    Type{".css", "text/css; charset=utf-8"},
    Type{".svg", "image/svg+xml"},
    Type{".png", "image/png"},
    Type{".jpg", "image/jpeg"},
    Type{".ico", "image/x-icon"},
    Type{".woff2", "font/woff2"},
    Type{".webmanifest", "application/manifest+json"},
};

const Type* typeOf(std::string_view name) {
    for (const Type& entry : kTypes) {
        if (name.ends_with(entry.ending)) {
            return &entry;
        }
    }
    return nullptr;
}

void sendFile(const Responder& responder, const std::string& path) {
    const std::string name = path.substr(path.rfind('/') + 1);
    const Type* type = typeOf(name);
    if (!type || name.starts_with('.')) {
        responder.send({base::Problem::NotFound, "There is no such file"});
        return;
    }
    responder.send(Reply::file({path, {}, {}}, type->type).with("Cache-Control", "no-cache"));
}

} // namespace

void addPages(Router& router, const std::string& webFolder) {
    for (const Page& page : kPages) {
        const std::string path = webFolder + "/" + page.file;
        router.add({"GET", page.pattern, [path](const Request&, const Responder& responder) {
                        sendFile(responder, path);
                    }});
    }
    // An installation has it among the pages.
    const std::string hlsJs = webFolder + "/node_modules/hls.js/dist/hls.min.js";
    if (::access(hlsJs.c_str(), R_OK) == 0) {
        router.add({"GET", "/web/hls.min.js", [hlsJs](const Request&, const Responder& responder) {
                        sendFile(responder, hlsJs);
                    }});
    }
    // Folders of modules are at most one level deep.
    router.add(
        {"GET", "/web/{file}", [webFolder](const Request& request, const Responder& responder) {
             sendFile(responder, webFolder + "/" + request.parameter("file"));
         }});
    router.add({"GET", "/web/{folder}/{file}",
                [webFolder](const Request& request, const Responder& responder) {
                    sendFile(responder, webFolder + "/" + request.parameter("folder") + "/" +
                                            request.parameter("file"));
                }});
}

} // namespace http
