#include "pipelines/ingest/libnice_limit.h"

#include <algorithm>
#include <dlfcn.h>
#include <glib.h>
#include <iterator>

namespace ingest {

namespace {

constexpr std::ptrdiff_t kMost = 64; // NICE_CANDIDATE_MAX_LOCAL_ADDRESSES

} // namespace

std::vector<std::string> limitForLibnice(const std::vector<std::string>& addresses,
                                         const std::vector<std::string>& known) {
    std::vector<std::string> kept;
    std::copy_if(addresses.begin(), addresses.end(), std::back_inserter(kept),
                 [&](const std::string& address) {
                     return std::find(known.begin(), known.end(), address) - known.begin() < kMost;
                 });
    const auto excess = std::distance(kept.begin(), kept.end()) - kMost;
    kept.erase(kept.begin(), kept.begin() + std::max<std::ptrdiff_t>(excess, 0));
    return kept;
}

std::vector<std::string> addressesKnownToLibnice() {
    // The plugin of webrtcbin has loaded it; its headers are in a package that is not needed
    // otherwise.
    std::vector<std::string> known;
    void* library = dlopen("libnice.so.10", RTLD_NOW | RTLD_NOLOAD);
    if (library == nullptr) {
        return known;
    }
    using List = GList* (*)(gboolean includeLoopback);
    if (const auto list = reinterpret_cast<List>(dlsym(library, "nice_interfaces_get_local_ips"))) {
        GList* addresses = list(TRUE);
        for (const GList* each = addresses; each != nullptr; each = each->next) {
            const std::string address = static_cast<const char*>(each->data);
            known.push_back(address.substr(0, address.find('%')));
        }
        g_list_free_full(addresses, g_free);
    }
    dlclose(library);
    return known;
}

} // namespace ingest
